from pathlib import Path

import pytest

from segcli.survey.proposal import NothingFoundError
from tests.survey.data import mask, pairs, picture, proposed, settings_of


def test_rare_classes_get_weights_if_all_are_in_training(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "abcdefghij", mask, (0, 1))
    assert "model.loss" not in settings_of(proposed(tmp_path))
    for path in (tmp_path / "labels").iterdir():
        if path.stem in "abcde":
            mask(path, (0,))
        else:
            mask(path, (0, 1))
    few = proposed(tmp_path)
    assert few.shares["foreground"] == pytest.approx(0.0625)
    assert "model.loss" not in settings_of(few)
    for path in (tmp_path / "labels").iterdir():
        mask(path, (0, 1) if path.stem in "abc" else (0,))
    skewed = settings_of(proposed(tmp_path))
    assert skewed["model.loss"]["class_weights"] == "enet"
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "klmnopqrst", mask, (0,))
    one = tmp_path / "labels" / "a.png"
    for path in (tmp_path / "labels").iterdir():
        mask(path, (0, 1) if path == one else (0,))
    proposal = proposed(tmp_path)
    (tmp_path / "train.txt").write_text("\n".join("bcdefghij"))
    (tmp_path / "val.txt").write_text("a\n")
    assert "model.loss" in settings_of(proposal)
    assert "model.loss" not in settings_of(proposed(tmp_path))  # a rule would find no pixel of it


def test_groups_that_leave_a_split_empty_are_left_out(tmp_path: Path) -> None:
    for number in range(6):
        pairs(tmp_path, f"p{number}/im/{{name}}.png", f"p{number}/gt/{{name}}.png", "ab", mask, (0, 1, 2))
    assert settings_of(proposed(tmp_path))["data.group"] == "{folder}/*/*"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "is empty: expected images"),
        (["a.md", "b.csv"], "holds 1 .csv, 1 .md, and nothing that can be trained on.\n  There are no images"),
        (["a.jpg", "x/b.jpg"], "There are images, but no masks that belong to them"),
    ],
)
def test_nothing_is_told_with_what_is_there(tmp_path: Path, files: list[str], message: str) -> None:
    for name in files:
        if name.endswith(".jpg"):
            picture(tmp_path / name)
        else:
            (tmp_path / name).write_text("x")
    with pytest.raises(NothingFoundError, match=message):
        proposed(tmp_path)


def test_one_image_is_too_few(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "a")
    with pytest.raises(NothingFoundError, match="1 image with a mask, expected at least 2"):
        proposed(tmp_path)


def test_bad_files_among_good_ones_are_notes(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "abcdefgh")
    (tmp_path / "labels/b.png").write_bytes((tmp_path / "labels/a.png").read_bytes()[:60])
    assert "b.png cannot be read" in proposed(tmp_path).notes[0]


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "abcdefgh", mask, (0, 1, 5))
    assert proposed(tmp_path) == proposed(tmp_path)
