import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from segcli.comparison.compare_runs import compare_runs
from segcli.config.errors import ConfigError
from segcli.runs.image_counts import ImageCounts
from tests.comparison.drawn import draw, run_on_one_truth, truth_pixels
from tests.run_folders import replace_counts, write_run, write_test


@pytest.fixture
def six(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs of each of two decoders; the first is better by far."""
    monkeypatch.chdir(tmp_path)
    for decoder, quality in (("UNet", 0.70), ("FPN", 0.85)):
        for seed in (1, 2, 3):
            run_on_one_truth(tmp_path / "runs" / decoder / str(seed), seed, quality, images=40, decoder=decoder)
    return tmp_path / "runs"


def forge(path: Path, **entries: object) -> None:
    file = path / "passport.json"
    passport = json.loads(file.read_text())
    splits = {**passport["data"]["splits"], "val": {"count": 40, "ids": "1d5", **entries}}
    file.write_text(json.dumps({**passport, "data": {**passport["data"], "splits": splits}}))


def test_the_better_group_is_first_and_beyond_the_noise(six: Path) -> None:
    found = compare_runs([six])

    first, second = found.groups
    (pair,) = found.pairs
    assert (found.metric, found.keys, found.lower_is_better) == ("val/mIoU", ("model.decoder",), False)
    assert ([first.label, second.label], [pair.first, pair.second]) == (["FPN", "UNet"], ["FPN", "UNet"])
    assert first.values == pytest.approx([run.scores()["mIoU"] for run in first.runs], abs=1e-6)
    assert first.score.mean == pytest.approx(np.mean(first.values))
    assert first.score.deviation == pytest.approx(np.std(first.values, ddof=1))
    assert pair.score.estimate.mean == pytest.approx(first.score.mean - second.score.mean)
    assert pair.score.verdict == "higher"
    assert list(first.by_class) == ["background", "circle", "square"]
    assert {one.verdict for one in pair.by_class} == {"higher"}
    assert pair.settings == (("model.decoder", "FPN", "UNet"),)
    assert found.level == pytest.approx(0.95 * np.mean([run.scores()["mIoU"] for run in second.runs]), abs=1e-6)
    assert (found.left_out, found.notes) == (
        (),
        ("6 of 6 runs are of segcli 0.4.0, which kept no hashes: a changed file would go unnoticed",),
    )


def test_of_a_loss_the_lowest_is_first_and_only_seeds_are_noise(six: Path) -> None:
    for file in six.glob("UNet/*/metrics.csv"):
        file.write_text(file.read_text().replace(",0.5\n", f",0.4{file.parent.name}\n"))

    found = compare_runs([six], metric="val/loss")

    assert found.lower_is_better
    assert [group.label for group in found.groups] == ["UNet", "FPN"]
    assert found.groups[0].values == (0.41, 0.42, 0.43)
    assert found.pairs[0].score.verdict == "lower"
    assert found.groups[0].by_class == {}
    assert "val/loss is not recorded by image: intervals are of seeds only" in found.notes


def test_a_single_run_is_never_better(six: Path) -> None:
    found = compare_runs([six / "FPN" / "1", six / "UNet"])

    assert found.pairs[0].score.verdict == "unknown"
    assert found.groups[0].score.deviation is None
    assert found.groups[0].score.low is not None
    assert found.notes[:-1] == ("a single run tells nothing of the noise between seeds: FPN",)


def test_figures_are_the_same_every_time_and_in_any_order(six: Path) -> None:
    one, other = compare_runs([six / "FPN", six / "UNet"]), compare_runs([six / "UNet", six / "FPN"])
    assert one.pairs == other.pairs


def test_what_cannot_be_read_is_left_out_with_the_reason(six: Path) -> None:
    (six / "FPN" / "1" / "val_images.npz").unlink()
    passport = six / "FPN" / "2" / "passport.json"
    passport.write_text(passport.read_text().replace('"finished"', '"failed"'))

    found = compare_runs([six])

    assert {path.name: reason for path, reason in found.left_out} == {
        "1": "has no val_images.npz",
        "2": "did not finish (failed)",
    }
    assert [len(group.runs) for group in found.groups] == [1, 3]


def test_where_nothing_is_left_the_reasons_are_told(six: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        compare_runs([six / "FPN" / "1"], metric="test/mIoU")
    messages = [problem.message for problem in caught.value.problems]
    assert messages[0] == "none of these runs can be compared: 1 left out"
    assert messages[1].startswith("runs/FPN/1 was not tested: python -m segcli test --ckpt_path")


def test_runs_of_other_images_are_refused_unless_forced(six: Path) -> None:
    for seed in (1, 2, 3):
        forge(six / "UNet" / str(seed), content="beef")
    with pytest.raises(ConfigError, match=r"different images of val \(content\): runs/FPN/1, .* against runs/UNet/1"):
        compare_runs([six])

    found = compare_runs([six], force=True)

    assert found.notes[0].startswith("compared nonetheless (--force): different images of val (content)")
    assert found.notes[1] == "the images are not the same, so those of each run vary by themselves"


def test_independent_images_make_the_noise_larger(six: Path) -> None:
    shared = compare_runs([six]).pairs[0].score.estimate
    for seed in (1, 2, 3):
        forge(six / "UNet" / str(seed), content="beef")
    independent = compare_runs([six], force=True).pairs[0].score.estimate

    assert independent.mean == shared.mean
    assert independent.high is not None
    assert shared.high is not None
    assert independent.high > shared.high


def test_forced_classes_that_only_some_have_are_not_compared(six: Path) -> None:
    for seed in (1, 2, 3):
        path = six / "UNet" / str(seed)
        counts = ImageCounts.of([f"{n:03d}.png" for n in range(40)], draw(truth_pixels(40, 2), 0.7, seed), epoch=4)
        replace_counts(path, counts, ["background", "circle"])

    assert list(compare_runs([six], force=True).groups[0].by_class) == ["background", "circle"]


def test_the_newest_test_is_compared(six: Path) -> None:
    for number, quality in ((9, 0.5), (10, 0.9)):
        for path in sorted(six.glob("*/[123]")):
            counts = draw(truth_pixels(8), quality, seed=int(path.name))
            write_test(path, number, counts=ImageCounts.of([f"{n}.png" for n in range(8)], counts))

    found = compare_runs([six], metric="test/mIoU")

    assert min(value for group in found.groups for value in group.values) > 0.75
    assert all(len(curve) == 4 for group in found.groups for curve in group.convergence.curves)


def test_groups_that_differ_in_more_than_what_made_them_are_noted(tmp_path: Path) -> None:
    for seed in (1, 2):
        run_on_one_truth(tmp_path / "a" / str(seed), seed, 0.8)
        run_on_one_truth(tmp_path / "b" / str(seed), seed, 0.8, decoder="UNet", config={"trainer": {"max_epochs": 9}})
    notes = compare_runs([tmp_path], by=["model.decoder"]).notes
    assert "the groups differ in more than model.decoder: trainer.max_epochs" in notes
    assert not [note for note in compare_runs([tmp_path]).notes if "differ in more" in note]


def test_a_run_whose_best_validation_is_not_in_its_tables_is_left_out(six: Path) -> None:
    path = six / "FPN" / "1"
    (path / "metrics.csv").write_text("epoch,step,val/mIoU\n")
    ((left_out, reason),) = compare_runs([six]).left_out
    assert left_out == path
    assert reason == "metrics.csv or timing.csv has no validation of epoch 4"


def test_runs_that_measured_fewer_images_are_told_as_such(tmp_path: Path) -> None:
    for number, images in ((1, 12), (2, 8)):
        write_run(tmp_path / str(number), seed=number, images=images)
        passport = tmp_path / str(number) / "passport.json"
        passport.write_text(passport.read_text().replace('"count": 8', '"count": 12'))
    with pytest.raises(ConfigError, match="images that were measured, 12 against 8"):
        compare_runs([tmp_path])


def test_a_level_is_one_of_the_metric(six: Path) -> None:
    with pytest.raises(ConfigError, match="got 60, expected 0 to 1, as val/mIoU is"):
        compare_runs([six], level=60)


def test_val_need_not_be_said(six: Path) -> None:
    assert compare_runs([six], metric="mDice").metric == "val/mDice"


def test_unlike_training_is_noted(six: Path) -> None:
    path = six / "FPN" / "1"
    passport = path / "passport.json"
    passport.write_text(passport.read_text().replace('"cpu"', '"NVIDIA H100"'))
    for seed in (1, 2, 3):
        timing, metrics = (six / "UNet" / str(seed) / name for name in ("timing.csv", "metrics.csv"))
        timing.write_text(timing.read_text().replace("4,40,", "4,30,").replace("3,30,", "3,20,"))
        metrics.write_text(metrics.read_text().replace("3,39,", "3,29,").replace("2,29,", "2,19,"))

    assert compare_runs([six]).notes[:-1] == (
        "img/s and memory are of different devices: NVIDIA H100, cpu; cpu",
        "the groups trained for different numbers of steps: 30, 40",
    )


def test_many_pairs_are_corrected_for_their_number(tmp_path: Path) -> None:
    for group in range(6):
        for seed in range(3):
            config = {"trainer": {"max_epochs": group}}
            run_on_one_truth(tmp_path / str(group) / str(seed), seed, 0.8 + 0.001 * group, config=config)

    pairs = compare_runs([tmp_path]).pairs

    assert len(pairs) == 15
    lowest = min(pair.score.p for pair in pairs if pair.score.p is not None)
    assert min(pair.score.p_holm for pair in pairs if pair.score.p_holm is not None) == pytest.approx(15 * lowest)
    classes = [one for pair in pairs for one in pair.by_class]
    least = min(classes, key=lambda one: one.p or 1.0)
    assert least.p is not None
    assert least.p_holm == pytest.approx(min(1.0, len(classes) * least.p))


def test_comparing_needs_no_torch() -> None:
    code = (
        "import sys, segcli.comparison.compare_runs, segcli.comparison.run_deltas, segcli.cli.compare;"
        "print([m for m in ('torch', 'pytorch_lightning', 'scipy.stats') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
