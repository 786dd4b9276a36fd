from pathlib import Path

import pytest

from segcli.survey.folder import look_at_folder
from segcli.survey.known_data_sets import known_data_sets
from tests.survey.data import mask, pairs, proposed, settings_of
from tests.test_data_presets import NAMES, keys_of, make, meant


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_recognised_in_a_folder_of_its_name(name: str, tmp_path: Path) -> None:
    keys = keys_of(name)
    root = tmp_path / Path(keys["root"]).relative_to("data")
    make(root, keys, [*meant(keys)])
    assert [*proposed(root).extends][1] == f"segcli:data/{name}"
    assert "data.image" not in settings_of(proposed(root))


def names(root: Path) -> list[str]:
    return [known.name for known in known_data_sets(look_at_folder(root))]


def test_common_folders_are_no_known_data_set(tmp_path: Path) -> None:
    pairs(tmp_path / "cells", "images/{name}.jpg", "masks/{name}.jpg")
    pairs(tmp_path / "Kvasir-SEG", "images/{name}.jpg", "masks/{name}.jpg")
    assert names(tmp_path / "cells") == []
    assert names(tmp_path / "Kvasir-SEG") == ["kvasir"]


def test_a_preset_that_does_not_name_what_masks_hold_is_left_out(tmp_path: Path) -> None:
    root = tmp_path / "isic"
    pairs(
        root,
        "ISIC2018_Task1-2_Training_Input/{name}.jpg",
        "ISIC2018_Task1_Training_GroundTruth/{name}_segmentation.png",
        "abcd",
        mask,
        (0, 1, 2),
    )
    assert names(root) == ["isic"]
    assert [*proposed(root).extends] == ["segcli:own_folder"]
