import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from segcli.comparison.worst_images import WIDTH_PX, data_uri, median_run, most_pictures, worst_images
from segcli.runs.unreadable_run import UnreadableRunError
from tests.comparison.made_comparison import make_comparison


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_the_median_of_an_even_number_is_the_lower(tmp_path: Path, runs: int) -> None:
    (group,) = make_comparison(tmp_path, labels=("FPN",), runs=runs, worst=False).groups
    value = group.values[group.runs.index(median_run(group))]
    assert sorted(group.values).index(value) == (0 if runs < 3 else 1)


def test_entries_are_read_and_stay_inside_the_folder(tmp_path: Path) -> None:
    (group,) = make_comparison(tmp_path, labels=("FPN",), runs=1).groups
    folder = group.runs[0].path / "worst"
    found = json.loads((folder / "worst.json").read_text())
    found["images"][0]["picture"], found["images"][1]["mIoU"] = "../../secret.png", None
    (folder / "worst.json").write_text(json.dumps(found))
    first, second = worst_images(group.runs[0])
    assert (first.name, first.score, first.picture) == ("003.png", found["images"][0]["mIoU"], folder / "secret.png")
    assert second.score is None


def test_scores_that_the_counts_do_not_give_are_refused(tmp_path: Path) -> None:
    (group,) = make_comparison(tmp_path, labels=("FPN",), runs=1).groups
    file = group.runs[0].path / "worst" / "worst.json"
    found = json.loads(file.read_text())
    found["images"][0]["mIoU"] = 0.01
    file.write_text(json.dumps(found))
    with pytest.raises(UnreadableRunError, match=r"worst\.json says mIoU 0\.01 of '003\.png', the counts give"):
        worst_images(group.runs[0])


@pytest.mark.parametrize("content", ["", "[]", '{"images": 3}', '{"images": [{"id": "a"}]}'])
def test_damage_is_told(tmp_path: Path, content: str) -> None:
    (group,) = make_comparison(tmp_path, labels=("FPN",), runs=1).groups
    (group.runs[0].path / "worst" / "worst.json").write_text(content)
    with pytest.raises(UnreadableRunError, match=r"worst\.json (cannot be read|is damaged): "):
        worst_images(group.runs[0])


def test_runs_without_pictures_say_so(tmp_path: Path) -> None:
    (group,) = make_comparison(tmp_path, labels=("FPN",), runs=1, worst=False).groups
    with pytest.raises(UnreadableRunError, match="has no pictures"):
        worst_images(group.runs[0])


@pytest.mark.parametrize(("width", "expected"), [(300, (300, 100)), (3 * WIDTH_PX, (WIDTH_PX, WIDTH_PX // 9))])
def test_pictures_are_reduced_and_keep_their_shape(tmp_path: Path, width: int, expected: tuple[int, int]) -> None:
    Image.new("RGB", (width, width // 3 if width == 300 else WIDTH_PX // 3), "red").save(tmp_path / "a.png")
    kind, _, content = data_uri(tmp_path / "a.png").partition(",")
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        assert image.size == expected


def test_many_groups_have_few_pictures_each(tmp_path: Path) -> None:
    groups = make_comparison(tmp_path, labels=("FPN",), runs=1).groups
    assert [most_pictures(groups * number) for number in (1, 3, 6, 40)] == [6, 6, 3, 2]
