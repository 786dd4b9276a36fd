from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from segcli.survey.pattern_reading import splits_of_texts
from segcli.survey.proposal import NothingFoundError
from tests.survey.data import loaded, mask, pairs, picture, proposed, settings_of


def data_of(root: Path) -> dict[str, Any]:
    found = settings_of(proposed(root))
    return {key.removeprefix("data."): value for key, value in found.items() if key.startswith("data.")}


def test_images_without_mask_are_left_out_or_of_the_ground(tmp_path: Path) -> None:
    pairs(tmp_path / "some", "images/{name}.png", "labels/{name}.png")
    picture(tmp_path / "some/images/z.png")
    pairs(tmp_path / "good", "test/crack/{name}.png", "ground_truth/crack/{name}_mask.png")
    pairs(tmp_path / "good", "test/hole/{name}.png", "ground_truth/hole/{name}_mask.png")
    picture(tmp_path / "good/test/good/a.png")
    assert data_of(tmp_path / "some")["missing_masks"] == "skip"
    found = data_of(tmp_path / "good")
    assert (found["image"], found["missing_masks"]) == ("test/{folder}/{name}.png", "background")
    data = loaded(proposed(tmp_path / "good"), tmp_path)
    assert sum(map(len, data.datasets.values())) == 13


def test_test_images_without_mask_are_none_of_training(tmp_path: Path) -> None:
    for split in ("train", "val"):
        pairs(tmp_path, f"{split}/images/{{name}}.png", f"{split}/labels/{{name}}.png")
    picture(tmp_path / "test/images/a.png")
    found = data_of(tmp_path)
    assert found["image"] == "{split}/images/{name}.png"
    assert "missing_masks" not in found
    assert "val_fraction" not in found


def test_lists_tell_splits(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png")
    (tmp_path / "trainval.txt").write_text("a\nb\nc\n")
    (tmp_path / "test.txt").write_text("d\n")
    found = data_of(tmp_path)
    assert found["split_files"] == "{split}.txt"
    assert found["splits"] == {"train": "trainval", "test": "test"}
    assert found["val_fraction"] == 0.2
    assert len(loaded(proposed(tmp_path), tmp_path).datasets["train"]) == 2


def test_files_of_classes_may_be_missing(tmp_path: Path) -> None:
    for name in "abcdef":
        picture(tmp_path / f"images/{name}.png")
        mask(tmp_path / f"labels/cat/{name}.png")
        if name != "b":
            mask(tmp_path / f"labels/dog/{name}.png", (0, 0, 255))
    assert data_of(tmp_path)["missing_masks"] == "empty"
    assert loaded(proposed(tmp_path), tmp_path).classes == ("background", "cat", "dog")


def test_masks_of_objects(tmp_path: Path) -> None:
    for name in "abcdef":
        picture(tmp_path / name / "images" / f"{name}.png")
        mask(tmp_path / name / "masks" / "1.png")
        mask(tmp_path / name / "masks" / "2.png", (0, 0, 255))
    found = data_of(tmp_path)
    assert (found["mask"], found["classes"]) == ("{name}/masks/*.png", ["background", "object"])


def test_what_fits_as_well_is_told(tmp_path: Path) -> None:
    for name in "abcdef":
        picture(tmp_path / f"images/{name}.png")
        mask(tmp_path / f"expert1/{name}_mask.png")
        mask(tmp_path / f"expert2/{name}_label.png", (0, 255, 255))
    (guess,) = [each.guess for each in proposed(tmp_path).settings if each.key == "data.mask"]
    assert "which fits as well" in guess


@pytest.mark.parametrize("names", [("Bild ä/ü 1", "Maske ö/ü 1"), ("im{1}/a", "gt{1}/a"), ("x*y/a", "z*y/a")])
def test_odd_names_of_folders_are_read(tmp_path: Path, names: tuple[str, str]) -> None:
    for number in range(6):
        picture(tmp_path / f"{names[0]}{number}.png")
        mask(tmp_path / f"{names[1]}{number}.png", (0, 1, 2))
    data = loaded(proposed(tmp_path), tmp_path)
    assert sum(map(len, data.datasets.values())) == 6


def test_two_values_are_needed(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png", "abc", mask, (3,))
    with pytest.raises(NothingFoundError, match="all 3 masks hold 3 alone, expected at least two values"):
        proposed(tmp_path)


@pytest.mark.parametrize(
    ("texts", "keys"),
    [
        (["train", "val"], []),
        (["train"], ["data.val_fraction"]),
        (["train", "dev"], ["data.splits"]),
        (["trainval", "test"], ["data.splits", "data.val_fraction"]),
    ],
)
def test_splits_are_explained_where_names_do_not(texts: list[str], keys: list[str]) -> None:
    assert [each.key for each in splits_of_texts(texts, [1] * len(texts))] == keys


def test_files_of_channels_are_stacked(tmp_path: Path) -> None:
    """Five bands of 16 bits in a file each."""
    for name in "abcdef":
        mask(tmp_path / "masks" / f"{name}.png")
        for band in range(1, 6):
            path = tmp_path / "bands" / f"{name}_B{band}.tif"
            path.parent.mkdir(exist_ok=True)
            tifffile.imwrite(path, np.random.default_rng(band).integers(0, 9999, (24, 32), dtype=np.uint16))
    proposal = proposed(tmp_path)
    settings = settings_of(proposal)
    assert settings["data.image"] == "bands/{name}_{channel}.tif"
    assert settings["model.backbone"] == {"in_channels": 5}
    assert settings["model.value_range"] == "percentiles"
    assert "data.image" in [setting.key for setting in proposal.guesses]
    assert "segcli:augment_geometry" in proposal.extends
    form = loaded(proposal, tmp_path).datasets["train"].image_form
    assert form is not None
    assert (form.channels, form.dtype) == (5, "uint16")
    sections = [setting.key.partition(".")[0] for setting in proposal.settings]
    assert sections == sorted(sections, key=["vars", "data", "model"].index)
