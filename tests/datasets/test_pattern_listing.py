import unicodedata
from pathlib import Path

import pytest

from segcli.datasets.path_pattern import PathPattern
from segcli.datasets.pattern_listing import PatternListing
from segcli.sample import DataError


def listing(root: Path, image: str, mask: str | None, *files: str) -> PatternListing:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return PatternListing(root, PathPattern(image), PathPattern(mask) if mask else None)


def test_names_are_the_fields_but_the_split(tmp_path: Path) -> None:
    found = listing(
        tmp_path, "{split}/{area}/{name}.png", "{split}/{area}/{name}_m.png", "a/x/0.png", "a/x/0_m.png", "b/x/0.png"
    ).records()
    assert [(each.name, each.split, len(each.masks)) for each in found] == [("x/0", "a", 1), ("x/0", "b", 0)]


def test_letters_compare_in_one_form_of_unicode(tmp_path: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "ä") for form in ("NFC", "NFD"))
    found = listing(
        tmp_path, "images/{name}.png", "labels/{name}.png", f"images/{composed}.png", f"labels/{apart}.png"
    ).records()
    assert [len(each.masks) for each in found] == [1]


def test_hidden_files_and_masks_are_no_images(tmp_path: Path) -> None:
    files = ("a.png", "a_m.png", "b.png", "._a.png", ".x/a.png")
    assert [each.name for each in listing(tmp_path, "{name}.png", "{name}_m.png", *files).records()] == ["a", "b"]


def test_images_alone_need_no_mask(tmp_path: Path) -> None:
    found = listing(tmp_path, "{name}.png", "{name}_m.png", "a.png")
    assert len(found.images()) == 1
    with pytest.raises(DataError, match=r"data\.mask got '\{name\}_m\.png', which fits no file below .*; there are a"):
        found.records()


def test_a_missing_folder_is_told_with_what_is_beside_it(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(DataError, match=r"none is missing or no folder; .* contains other/"):
        listing(tmp_path / "none", "{name}.png", None).records()


def test_a_mask_is_of_one_image_and_an_image_has_one_mask(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"m/0\.png is the mask of .*r/0\.png and of .*u/0\.png; add the field"):
        listing(tmp_path / "x", "i/{city}/{name}.png", "m/{name}.png", "i/u/0.png", "i/r/0.png", "m/0.png").records()
    with pytest.raises(DataError, match=r"m/a\.bmp and .*m/a\.png both are the mask of one image"):
        listing(tmp_path / "y", "i/{name}", "m/{name}", "i/a.png", "m/a.bmp", "m/a.png").records()


def test_masks_without_an_image_are_told(tmp_path: Path) -> None:
    files = ("a.png", "m/a_1.png", "m/a_cell_2.png")
    with pytest.raises(
        DataError, match=r"1 masks have no image that .* fits: .*m/a_cell_2\.png(.|\n)*as much as it can"
    ):
        listing(tmp_path, "{name}.png", "m/{name}_*.png", *files).records()


def test_an_image_that_is_called_like_a_mask_of_none_is_an_image(tmp_path: Path) -> None:
    files = ("a.png", "a_mask.png", "face_mask.png", "face_mask_mask.png")
    found = listing(tmp_path, "{name}.png", "{name}_mask.png", *files).records()
    assert [(record.name, len(record.masks)) for record in found] == [("a", 1), ("face_mask", 1)]


def test_folders_are_seen_by_every_link_but_those_to_a_folder_above(tmp_path: Path) -> None:
    found = listing(tmp_path, "{split}/{name}.png", None, "test/a.png")
    (tmp_path / "val").symlink_to(tmp_path / "test", target_is_directory=True)
    (tmp_path / "test" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert [record.split for record in found.records()] == ["test", "val"]


def test_two_files_that_differ_in_the_form_of_unicode_alone_are_refused(tmp_path: Path) -> None:
    names = [f"images/{unicodedata.normalize(form, 'ä')}.png" for form in ("NFC", "NFD")]
    with pytest.raises(DataError, match="in two forms of Unicode"):
        listing(tmp_path, "images/{name}.png", None, *names).records()


def test_prediction_needs_no_pattern_of_masks_that_fits(tmp_path: Path) -> None:
    found = listing(tmp_path, "{name}.png", "{split}/{name}_m.png", "a.png")
    assert len(found.images()) == 1
    for check in (found.check_settings, found.records):
        with pytest.raises(DataError, match=r"with \{split\}, which data\.image '\{name\}\.png' has not"):
            check()


def test_masks_of_a_split_without_images_and_files_beside_shapes_are_passed_over(tmp_path: Path) -> None:
    files = ("i/train/a.png", "m/train/a.png", "m/test/b.png")
    assert len(listing(tmp_path / "x", "i/{split}/{name}.png", "m/{split}/{name}.png", *files).records()) == 1
    files = ("a.jpg", "a.txt", "classes.txt")
    assert len(listing(tmp_path / "y", "{name}.jpg", "{name}.txt", *files).records()) == 1


BANDS = [f"{name}_B{band}.tif" for name in ("x", "y") for band in (10, 2, "1a")]


def test_files_with_a_channel_make_one_image_in_the_order_of_numbers(tmp_path: Path) -> None:
    found = listing(tmp_path, "{name}_B{channel}.tif", "m/{name}.png", *BANDS, "m/x.png", "m/y.png").records()
    assert [each.name for each in found] == ["x", "y"]
    assert [path.name for path in found[0].image_files] == ["x_B1a.tif", "x_B2.tif", "x_B10.tif"]
    assert [len(each.masks) for each in found] == [1, 1]
    assert len(found[0].files) == 4


def test_several_patterns_make_one_image_in_their_order(tmp_path: Path) -> None:
    for name in ("s/vv/a.tif", "s/vh/a.tif", "s/vv/b.tif", "s/vh/b.tif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    patterns = [PathPattern(f"{{scene}}/{kind}/{{name}}.tif") for kind in ("vv", "vh")]
    found = PatternListing(tmp_path, patterns, None).images()
    assert [[path.parent.name for path in each.image_files] for each in found] == [["vv", "vh"]] * 2
    assert [each.name for each in found] == ["s/a", "s/b"]
    (tmp_path / "s/vh/b.tif").unlink()
    with pytest.raises(
        DataError, match=r"image 's/b' \(.*vv/b\.tif\) has no file that '\{scene\}/vh/\{name\}\.tif' fits"
    ):
        PatternListing(tmp_path, patterns, None).images()
    for second in ("{scene}/hh/{name}.tif", "{scene}/vv/{name}.tif"):  # no such folder; hidden behind the first
        with pytest.raises(DataError, match=r"data\.image got '\{scene\}/.*/\{name\}\.tif', which fits no file"):
            PatternListing(tmp_path, [patterns[0], PathPattern(second)], None).images()
    with pytest.raises(DataError, match="expected the same fields in both"):
        PatternListing(tmp_path, [patterns[0], PathPattern("{name}.tif")], None)


def test_an_image_has_every_channel_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"image 'y' \(.*\) has no channel '1a', which other images have"):
        listing(tmp_path / "lacking", "{name}_B{channel}.tif", None, *BANDS[:4]).images()
    with pytest.raises(DataError, match=r"both are image 'x' of data\.image"):
        listing(tmp_path / "twice", "{name}_B{channel}", None, "x_B1.tif", "x_B1.png").images()


def test_channels_are_of_images(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"with \{channel\}, which data\.image .* has not"):
        listing(tmp_path, "{name}_{channel}.tif", "m/{name}_{channel}.png", "x_1.tif", "m/x_1.png").records()
