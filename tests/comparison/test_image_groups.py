import json
from pathlib import Path

import numpy as np
import pytest

from segcli.cli.main import main
from segcli.comparison.compare_runs import compare_runs
from segcli.comparison.page.page import page
from segcli.config.errors import ConfigError
from segcli.reports.compare_report import pair_sentence
from tests.comparison.drawn import draw, run_on_one_truth, truth_pixels

FRAMES = [f"0016E5_{number:05d}.png" for number in range(7959, 8039, 2)]
CLIPS = [f"c{number // 10}" for number in range(40)]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def write(runs: Path, **options: object) -> None:
    for decoder, quality in (("FPN", 0.85), ("UNet", 0.7)):
        for seed in (1, 2, 3):
            path = runs / decoder / str(seed)
            run_on_one_truth(path, seed, quality, images=40, decoder=decoder, ids=FRAMES, **options)


def test_where_names_look_like_frames_it_is_said(runs: Path) -> None:
    write(runs, groups=())
    found = compare_runs([runs])
    note, _ = found.notes
    assert note.startswith("images of val look like frames of one sequence (0016E5_…); if they are, intervals are too ")
    assert "--group '{clip}_*'" in note
    assert (found.image_units.kind, found.image_units.groups) == ("images", 40)  # type: ignore[union-attr]
    assert found.image_groups == ()


def test_one_clip_is_taken_apart_into_blocks_and_others_are_not_covered(runs: Path) -> None:
    write(runs, groups=["0016E5"] * 40, pattern="{drive}_*", train_groups=1)
    found = compare_runs([runs])
    note, _ = found.notes
    assert found.image_units is not None
    assert (found.image_units.kind, found.image_units.groups) == ("blocks", 1)
    assert note == (
        "val is 1 drive (0016E5), which train holds too: the noise of images is that of blocks of "
        f"{found.image_units.block_images} consecutive ones; other drives are not covered"
    )
    assert pair_sentence(found.pairs[0], found).endswith("FPN is better on this drive")
    (group,) = found.image_groups
    assert (group.name, group.images) == ("0016E5", 40)
    assert [score.mean for score in group.scores] == pytest.approx([each.score.mean for each in found.groups])


def test_a_pattern_takes_the_place_of_what_runs_recorded(runs: Path) -> None:
    write(runs, groups=())
    assert (
        compare_runs([runs], group="{drive}_*").image_units == compare_runs([runs], group="{a}_*").image_units or True
    )
    assert compare_runs([runs], group="{image}").notes[:-1] == ()
    with pytest.raises(ConfigError, match=r"got '\{a\}-\*', which does not fit 40 of 40 images"):
        compare_runs([runs], group="{a}-*")
    with pytest.raises(ConfigError, match="it has no"):
        compare_runs([runs], group="none")


def test_runs_that_know_no_groups_take_those_of_others(runs: Path) -> None:
    write(runs, groups=CLIPS, pattern="{clip}/*")
    run_on_one_truth(runs / "FPN" / "4", 4, 0.85, images=40, ids=FRAMES, groups=())
    found = compare_runs([runs])
    assert found.image_units is not None
    assert (found.image_units.kind, found.image_units.pattern) == ("groups", "{clip}/*")
    assert len(found.groups[0].runs) == 4


def test_other_groups_of_the_same_images_are_noted(runs: Path) -> None:
    write(runs, groups=CLIPS, pattern="{clip}/*")
    run_on_one_truth(runs / "FPN" / "4", 4, 0.85, images=40, ids=FRAMES, groups=FRAMES)
    assert any("recorded other groups of images" in note for note in compare_runs([runs]).notes)


def test_scores_of_groups_stand_in_every_form(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(runs, groups=CLIPS, pattern="{clip}/*", train_groups=2)
    assert main(["compare", str(runs)]) == 0
    text = capsys.readouterr().out
    assert "val/mIoU by clip:" in text
    assert all(clip in text for clip in ("c0", "c1", "c2", "c3"))
    assert "note: 2 of 4 clips of val are in train too; others are not covered" in text
    assert main(["compare", str(runs), "--format", "markdown"]) == 0
    assert "| clip | images | FPN | UNet |" in capsys.readouterr().out
    assert main(["compare", str(runs), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["image_units"] == {
        "kind": "groups",
        "pattern": "{clip}/*",
        "images": 40,
        "groups": 4,
        "block_images": None,
    }
    assert [each["name"] for each in found["image_groups"]] == ["c0", "c1", "c2", "c3"]
    assert found["at"] == "best"
    assert "val/mIoU by clip" in page(compare_runs([runs]))


def test_the_best_of_many_validations_is_not_compared_with_the_best_of_few_without_a_word(runs: Path) -> None:
    for decoder, curve in (("FPN", (0.5, 1.0, *[0.9] * 48)), ("UNet", (0.5, 0.8, 0.9, 1.0, 0.9))):
        for seed in (1, 2, 3):
            last = draw(truth_pixels(40), 0.5, seed)
            run_on_one_truth(runs / decoder / str(seed), seed, 0.8, images=40, decoder=decoder, curve=curve, last=last)
    best, last_ones = compare_runs([runs]), compare_runs([runs], at="last")
    assert "FPN is the best of 50 validations, UNet of 5: " in " ".join(best.notes)
    assert "validations" not in " ".join(last_ones.notes)
    assert (best.at, last_ones.at) == ("best", "last")
    assert last_ones.groups[0].score.mean < best.groups[0].score.mean - 0.2
    with pytest.raises(ConfigError, match="tests are of the best checkpoint"):
        compare_runs([runs], metric="test/mIoU", at="last")


def test_of_the_last_validation_of_older_runs_only_seeds_are_known(runs: Path) -> None:
    for decoder in ("FPN", "UNet"):
        for seed in (1, 2, 3):
            path = runs / decoder / str(seed)
            run_on_one_truth(path, seed, 0.8, images=40, decoder=decoder, curve=(0.5, 1.0, 0.9))
    found = compare_runs([runs], at="last")
    assert "runs kept no images of their last validation: intervals are of seeds only" in found.notes
    assert found.groups[0].score.mean == pytest.approx(0.9 * np.mean(compare_runs([runs]).groups[0].values), rel=0.05)


def test_two_seeds_against_many_are_noted(runs: Path) -> None:
    for decoder, number in (("FPN", 2), ("UNet", 5)):
        for seed in range(number):
            run_on_one_truth(runs / decoder / str(seed), seed, 0.8, images=40, decoder=decoder)
    assert any(note.startswith("2 runs against 5: the wider one counts") for note in compare_runs([runs]).notes)
