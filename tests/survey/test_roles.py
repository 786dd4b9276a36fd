import json
from pathlib import Path

import pytest

from segcli.survey.folder import look_at_folder
from segcli.survey.roles import Viewer, candidates_in, classes_of, differing
from tests.survey.data import coloured, mask, picture, proposed, settings_of


def best(root: Path) -> tuple[str, str]:
    folder = look_at_folder(root)
    found = candidates_in(folder, Viewer(folder))[0].pairing
    return found.image, found.mask


def test_values_are_preferred_to_colours_and_classes_to_objects(tmp_path: Path) -> None:
    for name in "abcd":
        picture(tmp_path / f"images/{name}.png")
        mask(tmp_path / f"gt/{name}_labels.png", (0, 1, 2))
        mask(tmp_path / f"gt/{name}_instance.png", (0, 1, 2))
        coloured(tmp_path / f"gt/{name}_color.png", [(0, 0, 0), (9, 9, 90)])
    assert best(tmp_path) == ("images/{name}.png", "gt/{name}_labels.png")


def test_grey_images_of_few_values_are_told_by_their_names(tmp_path: Path) -> None:
    for name in "abcd":
        mask(tmp_path / f"image/{name}.png", (3, 90, 200))
        mask(tmp_path / f"mask/{name}.png", (0, 1, 2, 3))
    assert best(tmp_path) == ("image/{name}.png", "mask/{name}.png")


def test_masks_of_two_values_in_folders_or_words_are_of_classes(tmp_path: Path) -> None:
    for name in "abcd":
        picture(tmp_path / f"one/{name}.jpg")
        picture(tmp_path / f"two/{name}.jpg")
        for word, values in (("lung", (0, 255)), ("heart", (0, 0, 255))):
            mask(tmp_path / f"one/masks/{word}/{name}.png", values)
            mask(tmp_path / f"two/{name}_{word}.png", values)
    assert best(tmp_path / "one") == ("{name}.jpg", "masks/{class}/{name}.png")
    assert best(tmp_path / "two") == ("{name}.jpg", "{name}_{class}.png")
    folder = look_at_folder(tmp_path / "two")
    assert classes_of(candidates_in(folder, Viewer(folder))[0].pairing) == ["heart", "lung"]


def test_two_sets_of_photographs_are_no_pair(tmp_path: Path) -> None:
    for name in "abcd":
        picture(tmp_path / f"before/{name}.png")
        picture(tmp_path / f"after/{name}.png")
    folder = look_at_folder(tmp_path)
    assert candidates_in(folder, Viewer(folder)) == []


@pytest.mark.parametrize(("content", "found"), [({"shapes": []}, 0), ({"x": 1}, 0)])
def test_json_without_outlines_is_no_mask(tmp_path: Path, content: dict[str, object], found: int) -> None:
    for name in "abcd":
        picture(tmp_path / f"{name}.jpg")
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    folder = look_at_folder(tmp_path)
    assert len(candidates_in(folder, Viewer(folder))) == found


def test_files_that_cannot_be_read_are_kept_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no")
    viewer = Viewer(look_at_folder(tmp_path))
    assert viewer.look("a.png") is None
    assert not viewer.may_pair("a.png", "a.png")
    assert "cannot be read" in viewer.faults["a.png"]


def test_parts_that_differ_are_those_between_slashes_and_fields() -> None:
    assert differing("im/{split}/{name}.jpg", "gt/{split}/{name}_m.png") == ("im", "gt/_m")


def test_a_rendering_of_the_labels_is_no_image_where_there_is_a_photo(tmp_path: Path) -> None:
    for name in "abcdef":
        picture(tmp_path / f"{name}.png")
        coloured(tmp_path / f"{name}_color.png", [(0, 0, 0), (250, 0, 0), (0, 250, 0), (9, 9, 9)])
        mask(tmp_path / f"{name}_labelIds.png", (0, 1, 2))
    found = settings_of(proposed(tmp_path))
    assert (found["data.image"], found["data.mask"]) == ("{name}.png", "{name}_labelIds.png")
