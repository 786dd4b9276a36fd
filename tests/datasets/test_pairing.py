import os
import unicodedata
from pathlib import Path

import pytest

from segcli.datasets.pairing import find_images, pair_files, pair_label_files
from segcli.sample import DataError


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_pairs_by_name_whatever_the_extension(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", "b.JPG", "a.c.png", ".hidden.png", "notes.txt")
    masks = touch(tmp_path / "m", "a.c.tif", "b.png", "Thumbs.db")
    assert pair_files(images, masks) == [(images / "a.c.png", masks / "a.c.tif"), (images / "b.JPG", masks / "b.png")]


def test_lonely_files_are_counted_and_a_few_named(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", *(f"{n}.png" for n in range(9)))
    masks = touch(tmp_path / "m", "0.png", "1.png")
    with pytest.raises(DataError, match=r"7 images have no mask.*2\.png, 3\.png.* and 2 more"):
        pair_files(images, masks)
    with pytest.raises(DataError, match=r"7 masks have no image"):
        pair_files(masks, images)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", "a.png", "a.jpg")
    with pytest.raises(DataError, match=r"a\.jpg and .*a\.png share the name 'a'"):
        pair_files(images, touch(tmp_path / "m", "a.png"))


def test_missing_and_empty_folders_say_what_is_there(tmp_path: Path) -> None:
    touch(tmp_path / "pictures")
    with pytest.raises(DataError, match=r"images/x is missing.* contains pictures/"):
        find_images(tmp_path / "images" / "x")
    with pytest.raises(DataError, match=r"no image files.*pictures is empty"):
        find_images(tmp_path / "pictures")
    touch(tmp_path / "pictures", "a.txt")
    with pytest.raises(DataError, match=r"pictures contains a\.txt"):
        find_images(tmp_path / "pictures")


def test_every_class_has_a_folder_of_masks(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", "a.jpg", "b.jpg")
    (tmp_path / "m").mkdir()
    lung, heart = touch(tmp_path / "m" / "lung", "a.png", "b.png"), touch(tmp_path / "m" / "heart", "b.tif")
    assert pair_label_files(images, tmp_path / "m", ["heart", "lung"], may_lack=True) == [
        (str(images / "a.jpg"), [None, lung / "a.png"]),
        (str(images / "b.jpg"), [heart / "b.tif", lung / "b.png"]),
    ]
    with pytest.raises(DataError, match=r"1 images have no mask .*heart: a\.jpg(.|\n)*set data.missing_masks: empty"):
        pair_label_files(images, tmp_path / "m", ["heart", "lung"])
    with pytest.raises(DataError, match=r"liver is missing: .*m contains heart/, lung/"):
        pair_label_files(images, tmp_path / "m", ["liver"], may_lack=True)


def test_a_class_may_occur_nowhere_but_no_mask_may_be_without_an_image(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", "a.jpg")
    folder = touch(touch(tmp_path / "m") / "lung")
    assert pair_label_files(images, tmp_path / "m", ["lung"], may_lack=True) == [(str(images / "a.jpg"), [None])]
    touch(folder, "c.png")
    with pytest.raises(DataError, match=r"1 masks have no image .*: c\.png"):
        pair_label_files(images, tmp_path / "m", ["lung"], may_lack=True)


def test_images_in_sub_folders_are_paired_by_their_paths(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", "a.png", "x/a.png", "x/y/b.jpg", ".hidden/c.png", "__MACOSX/d.png")
    masks = touch(tmp_path / "m", "a.png", "x/a.png", "x/y/b.png")
    assert [(str(i.relative_to(images)), str(m.relative_to(masks))) for i, m in pair_files(images, masks)] == [
        ("a.png", "a.png"),
        ("x/a.png", "x/a.png"),
        ("x/y/b.jpg", "x/y/b.png"),
    ]
    touch(images, "z/c.png")
    with pytest.raises(DataError, match=r"1 images have no mask .*: z/c\.png"):
        pair_files(images, masks)


def test_a_folder_of_masks_inside_that_of_images_holds_no_images(tmp_path: Path) -> None:
    images = touch(tmp_path / "d", "a.png", "masks/a.png")
    assert pair_files(images, images / "masks") == [(images / "a.png", images / "masks" / "a.png")]


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", "a.png")
    (images / "again").symlink_to(images)
    assert find_images(images) == [images / "a.png"]


def test_names_compare_whatever_form_their_letters_have(tmp_path: Path) -> None:
    composed, parted = unicodedata.normalize("NFC", "gr\u00fcn"), unicodedata.normalize("NFD", "gr\u00fcn")
    assert composed != parted
    images = touch(tmp_path / "i", f"{composed}.png", f"{parted}s/a.png")
    masks = touch(tmp_path / "m", f"{parted}.png", f"{composed}s/a.png")
    assert len(pair_files(images, masks)) == 2
    labels = touch(tmp_path / "l", f"{parted}/{parted}.png", f"{parted}/{parted}s/a.png")
    assert len(pair_label_files(images, labels, [composed])) == 2


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.png")).write_bytes(b"")
    with pytest.raises(DataError, match="not UTF-8; rename it"):
        find_images(tmp_path)
