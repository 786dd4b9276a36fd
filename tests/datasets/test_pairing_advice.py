import subprocess
from pathlib import Path

import pytest
import yaml

from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets.pairing import pair_files
from segcli.sample import DataError
from tests.datasets.test_pairing import touch


def refusal(images: Path, masks: Path) -> str:
    with pytest.raises(DataError) as error:
        pair_files(images, masks)
    return str(error.value)


def obey(message: str) -> None:
    """Run the command that an error ends with."""
    subprocess.run(["bash", "-c", message.splitlines()[-1]], check=True)


@pytest.mark.parametrize(
    "suffix", ["_mask", "_label", "_seg", "_gt", "_labelIds", "_gtFine_labelIds", "-annotation", ".mask", "_m"]
)
def test_a_suffix_of_masks_is_recognised_and_the_remedy_works(tmp_path: Path, suffix: str) -> None:
    numbers = range(1, 13)
    images = touch(tmp_path / "my i", *(f"img_{n}.jpg" for n in numbers), "s/x.jpg")
    masks = touch(tmp_path / "my m", *(f"img_{n}{suffix}.png" for n in numbers), f"s/x{suffix}.png")
    message = refusal(images, masks)
    assert f"The mask of NAME is called NAME{suffix}; names must be equal" in message
    obey(message)
    assert len(pair_files(images, masks)) == 13


def test_suffixes_of_both_are_recognised(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", *(f"{city}_{n}_leftImg8bit.png" for city in "ab" for n in range(3)))
    masks = touch(tmp_path / "m", *(f"{city}_{n}_gtFine_labelIds.png" for city in "ab" for n in range(3)))
    message = refusal(images, masks)
    assert "The mask of NAMEleftImg8bit is called NAMEgtFine_labelIds" in message
    obey(message)
    assert len(pair_files(images, masks)) == 6


@pytest.mark.parametrize("suffix", ["_mask", "_label", "_seg"])
def test_one_folder_is_told_apart_and_the_remedy_works(tmp_path: Path, suffix: str) -> None:
    folder = touch(tmp_path / "f", *(f"{n}.png" for n in range(12)), *(f"{n}{suffix}.png" for n in range(12)))
    message = refusal(folder, folder)
    assert f"The mask of NAME is called NAME{suffix}" in message
    assert "save the mask as a grey" not in message
    obey(message)
    assert len(pair_files(folder, folder / "masks")) == 12


def test_one_folder_without_a_pattern(tmp_path: Path) -> None:
    folder = touch(tmp_path / "f", "a.png", "b.png")
    assert "Move the masks into a folder of their own" in refusal(folder, folder)


def test_folders_per_class_point_to_their_preset(tmp_path: Path) -> None:
    images = touch(tmp_path / "i", "a.png", "b.png")
    masks = touch(tmp_path / "m", "lung/a.png", "lung/b.png", "heart/a.png")
    message = refusal(images, masks)
    assert "segcli:own_folder_multilabel" in message
    assert "data.classes: [heart, lung]" in message


def test_names_without_a_pattern_get_no_guess(tmp_path: Path) -> None:
    message = refusal(touch(tmp_path / "i", "cat.png", "dog.png"), touch(tmp_path / "m", "1.png", "2.png"))
    assert "add the missing files or move these out" in message


def obey_patterns(root: Path, message: str) -> PatternDataModule:
    """Read the data with the keys that an error ends with."""
    keys = yaml.safe_load(message.splitlines()[-1])["data"]
    assert keys.pop("class_path") == "PatternDataModule"
    data = PatternDataModule(str(root), classes=["a", "b"], **keys)
    data.setup("fit")
    return data


@pytest.mark.parametrize("suffix", ["_mask", "_gtFine_labelIds", "-annotation", ".mask"])
@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("images", "labels"),
        ("train/images", "train/labels"),
        ("images/train", "labels/train"),
        ("images/x", "labels/x"),
    ],
)
def test_patterns_find_masks_with_a_suffix(tmp_path: Path, suffix: str, images: str, labels: str) -> None:
    for place in (images, labels):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    touch(tmp_path / images, *(f"img_{n}.jpg" for n in range(12)))
    touch(tmp_path / labels, *(f"img_{n}{suffix}.png" for n in range(12)))
    with pytest.raises(DataError, match="Patterns find them") as error:
        FolderDataModule(str(tmp_path), classes=["a", "b"]).setup("fit")
    assert f"The mask of NAME is called NAME{suffix}. " in str(error.value)
    data = obey_patterns(tmp_path, str(error.value))
    assert sum(map(len, data.datasets.values())) == 12


@pytest.mark.parametrize("place", [".", "f"])
def test_patterns_tell_images_and_masks_of_one_folder_apart(tmp_path: Path, place: str) -> None:
    touch(tmp_path / place, *(f"{n}.png" for n in range(12)), *(f"{n}_mask.png" for n in range(12)))
    with pytest.raises(DataError, match="Patterns find them") as error:
        FolderDataModule(str(tmp_path), place, place, classes=["a", "b"]).setup("fit")
    data = obey_patterns(tmp_path, str(error.value))
    assert sum(map(len, data.datasets.values())) == 12
    assert not any("_mask" in path for each in data.datasets.values() for path in each.paths())
