import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.datamodules.camvid_data_module import CamVidDataModule
from segcli.inspection.check_data import check_data
from segcli.inspection.sequence_findings import sequences_in_splits
from tests.inspection.data import data_in, scene, the_only, write

CAMVID = Path(os.environ.get("SEGCLI_TEST_DATA", "../shared")) / "data" / "camvid"


def _frame(clip: int, number: int) -> NDArray[np.uint8]:
    """A window that moves over a large picture: two next to each other are no copies."""
    return scene(clip, 240, 1200)[100:148, 8 * number : 8 * number + 64]


def _write(folder: Path, clips: Sequence[str], frames: int = 12) -> Path:
    """Write frames of clips, each half of which trains."""
    for clip, name in enumerate(clips):
        for number in range(frames):
            split = "val" if number < frames // 2 else "train"
            write(folder / "data", split, f"{name}{number:03d}", _frame(clip, number))
    return folder / "data"


def test_frames_of_one_clip_in_two_splits_are_a_warning_with_the_key_to_set(tmp_path: Path) -> None:
    finding = the_only(check_data(data_in(_write(tmp_path, ["park_", "town_"]))), "sequence-across-splits")
    assert finding.severity == "warning"
    assert finding.message == "2 of 2 sequences (by their names and looks) have frames in train and val"
    assert "data.group: '{clip}_*'" in finding.advice
    assert finding.files == (
        "park: train 6 images (6 to 11), val 6 images (0 to 5); nearest numbers are 1 apart",
        "town: train 6 images (6 to 11), val 6 images (0 to 5); nearest numbers are 1 apart",
    )


def test_a_split_that_is_one_stretch_of_a_clip_is_told(tmp_path: Path) -> None:
    finding = the_only(check_data(data_in(_write(tmp_path, ["park_"]))), "sequence-across-splits")
    assert finding.message == (
        "1 sequence (by their names and looks) has frames in train and val; all 6 images of val are one stretch "
        "(0 to 5) of park, of which train holds 6"
    )


def test_pictures_that_are_no_frames_are_not_taken_for_them(tmp_path: Path) -> None:
    for number in range(24):
        write(tmp_path / "data", "val" if number < 6 else "train", f"img_{number:03d}", scene(number))
    assert check_data(data_in(tmp_path / "data")).findings == []


def test_groups_are_those_of_the_key_where_it_is_given(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for number, (patient, split) in enumerate(
        [("p1", "train"), ("p1", "train"), ("p2", "train"), ("p2", "val"), ("p3", "val")]
    ):
        write(folder, split, f"{patient}_{'abcde'[number]}", scene(number))
    finding = the_only(check_data(data_in(folder, group="{patient}_*")), "sequence-across-splits")
    assert finding.message == "1 of 3 groups (by {patient}_*) has images in train and val"
    assert finding.files == ("p2: train 1 image, val 1 image",)
    assert not [f for f in check_data(data_in(folder)).findings if f.kind == "sequence-across-splits"]


def test_groups_of_one_image_are_none(tmp_path: Path) -> None:
    for split, seeds in (("train", (0, 1)), ("val", (2, 3))):
        for seed, name in zip(seeds, "ab", strict=True):
            write(tmp_path, split, name, scene(seed))
    assert check_data(data_in(tmp_path, group="{image}")).findings == []


def test_a_split_by_groups_shares_none(tmp_path: Path) -> None:
    for clip, name in enumerate(("park_", "town_", "hill_", "lake_")):
        for number in range(6):
            write(tmp_path, "data", f"{name}{number:03d}", _frame(clip, number))
    data = data_in(tmp_path / "data", group="{clip}_*")
    assert not [f for f in check_data(data).findings if f.kind == "sequence-across-splits"]
    assert the_only(check_data(data_in(tmp_path / "data")), "sequence-across-splits").severity == "warning"


def test_without_a_split_there_is_nothing_to_find(tmp_path: Path) -> None:
    assert list(sequences_in_splits(data_in(tmp_path), [])) == []


@pytest.mark.skipif(not CAMVID.is_dir(), reason="needs CamVid below SEGCLI_TEST_DATA")
def test_of_camvid_val_is_one_clip_of_a_drive_that_train_holds_too() -> None:
    report = check_data(CamVidDataModule(str(CAMVID)))
    finding = the_only(report, "sequence-across-splits")
    assert (finding.severity, report.count("error")) == ("warning", 0)
    assert "all 101 images of val are one stretch (7959 to 8159) of 0016E5, of which train holds 204" in finding.message
    assert finding.files == (
        "0016E5: train 204 images (390 to 8640), val 101 images (7959 to 8159); nearest numbers are 31 apart",
    )
