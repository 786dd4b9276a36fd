from pathlib import Path

from segcli.survey.folder import look_at_folder
from segcli.survey.pairing import pair, pairings_of, with_more_suffixes
from tests.survey.data import mask, pairs, picture


def yes(_image: str, _mask: str) -> bool:
    return True


def test_the_patterns_of_most_images_come_first(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.jpg", "labels/{name}_gt.png")
    found = pairings_of(look_at_folder(tmp_path), yes)
    assert ("images/{name}.jpg", "labels/{name}_gt.png") in [(each.image, each.mask) for each in found]
    assert len(found[0].masks) == 6
    assert pairings_of(look_at_folder(tmp_path), lambda *_: False) == []


def test_fields_of_one_value_become_text_and_others_keep_numbers_without_gap(tmp_path: Path) -> None:
    for place in ("x/one", "x/two"):
        pairs(tmp_path, f"{place}/im/{{name}}.png", f"{place}/gt/{{name}}.png", "ab")
    found = pair(look_at_folder(tmp_path), "{folder}/{folder2}/im/{name}.png", "{folder}/{folder2}/gt/{name}.png")
    assert found is not None
    assert (found.image, found.mask) == ("x/{folder}/im/{name}.png", "x/{folder}/gt/{name}.png")
    assert found.fields["folder"] == ["one", "one", "two", "two"]


def test_images_without_mask_and_masks_without_image_are_counted(tmp_path: Path) -> None:
    pairs(tmp_path, "{name}.jpg", "{name}_m.png", "abc")
    picture(tmp_path / "d.jpg")
    mask(tmp_path / "e_m.png")
    found = pair(look_at_folder(tmp_path), "{name}.jpg", "{name}_m.png")
    assert found is not None
    assert (found.lonely, found.unused, found.mask_files[0]) == (["d.jpg"], 1, "a_m.png")


def test_what_does_not_go_together_is_none(tmp_path: Path) -> None:
    pairs(tmp_path, "{name}.jpg", "{name}_m.png", "abc")
    folder = look_at_folder(tmp_path)
    assert pair(folder, "{name}.jpg", "{city}_{name}.png") is None
    assert pair(folder, "{name", "{name}_m.png") is None
    assert pair(folder, "{name}.jpg", "{name}_other.png") is None


def test_suffixes_are_left_out_where_images_have_several(tmp_path: Path) -> None:
    pairs(tmp_path, "im/{name}.jpg", "gt/{name}.png", "abc")
    pairs(tmp_path, "im/{name}.jpeg", "gt/{name}.png", "de")
    folder = look_at_folder(tmp_path)
    first = pair(folder, "im/{name}.jpg", "gt/{name}.png")
    assert first is not None
    wider = with_more_suffixes(folder, first)
    assert (wider.image, wider.mask, len(wider.masks)) == ("im/{name}", "gt/{name}.png", 5)
