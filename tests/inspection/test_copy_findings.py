from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from segcli.inspection.check_data import check_data
from tests.inspection.data import data_in, scene, the_only, write, write_data


@pytest.mark.parametrize(
    ("change", "how"),
    [
        (lambda image: image, "the same file"),
        (lambda image: image[:, ::-1].copy(), "mirrored"),
        (lambda image: cv2.convertScaleAbs(image, alpha=0.9, beta=20), "of 256 bits differ"),
    ],
)
def test_copies_across_splits_are_errors_and_within_one_notes(
    tmp_path: Path, change: Callable[[object], object], how: str
) -> None:
    folder = write_data(tmp_path)
    write(folder, "val", "z", change(scene(2)))  # type: ignore[arg-type]
    finding = the_only(check_data(data_in(folder)), "copies-across-splits")
    assert finding.severity == "error"
    assert len(finding.files) == 1
    assert finding.files[0].startswith("train: c.png = val: z.png (")
    assert how in finding.files[0]

    (folder / "val" / "images" / "z.png").rename(folder / "train" / "images" / "z.png")
    (folder / "val" / "labels" / "z.png").rename(folder / "train" / "labels" / "z.png")
    report = check_data(data_in(folder))
    finding = the_only(report, "copies-in-a-split")
    assert (finding.severity, report.count("error")) == ("note", 0)
    assert how in finding.files[0]


def test_of_very_many_images_only_exact_copies_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcli.inspection.copy_findings.MOST_IMAGES", 3)
    folder = write_data(tmp_path)
    write(folder, "val", "z", scene(2))
    write(folder, "val", "y", scene(1)[:, ::-1].copy())
    report = check_data(data_in(folder))
    assert len(the_only(report, "copies-across-splits").files) == 1
    assert the_only(report, "copies-not-looked-for").severity == "note"


def test_flat_pictures_are_no_copies_of_each_other(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    write(folder, "train", "y", np.full((48, 64, 3), 7, np.uint8))
    write(folder, "val", "z", np.full((48, 64, 3), 200, np.uint8))
    assert check_data(data_in(folder)).findings == []
