import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from segcli.inspection.check_data import check_data
from tests.inspection.data import data_in, labels, scene, the_only, write, write_data


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _no_image(path: Path) -> None:
    path.write_text("no image")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.png")


@pytest.mark.parametrize("harm", [_truncated, _flipped, _no_image, _empty, _link_to_nowhere])
@pytest.mark.parametrize("kind", ["images", "labels"])
def test_files_that_cannot_be_read_are_errors(tmp_path: Path, harm: Callable[[Path], None], kind: str) -> None:
    path = write_data(tmp_path) / "train" / kind / "b.png"
    harm(path)
    finding = the_only(check_data(data_in(tmp_path / "data")), "files")
    assert finding.severity == "error"
    assert len(finding.files) == 1
    assert str(path) in finding.files[0]


def test_all_faults_are_named_with_what_to_do(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    write(folder, "train", "b", scene(1), labels(values=(0, 7)))
    write(folder, "train", "c", scene(2), labels(values=(9,)))
    write(folder, "val", "e", scene(4), labels(48, 60))
    report = check_data(data_in(folder))
    found = [finding for finding in report.findings if finding.kind == "files"]
    lines = [line for finding in found for line in finding.files]
    assert len(lines) == 3
    assert [any(part in line for line in lines) for part in ("b.png", "c.png", "48 x 60 px")] == [True] * 3
    assert any("ignore_values" in finding.advice for finding in found)


def test_a_split_whose_images_lack_masks_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    (folder / "val" / "labels" / "e.png").unlink()
    report = check_data(data_in(folder))
    finding = the_only(report, "split")
    assert (finding.severity, report.images) == ("error", {"train": 4})
    assert "val cannot be used, and nothing else of it was looked at: 1 images have no mask" in finding.message
    assert finding.advice


def test_masks_saved_as_jpeg_are_a_warning(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    for path in (folder / "train" / "labels").glob("*.png"):
        buffer = io.BytesIO()
        Image.fromarray(labels(values=(0,))).save(buffer, format="JPEG")
        path.write_bytes(buffer.getvalue())
    finding = the_only(check_data(data_in(folder, classes=["ground"])), "lossy-masks")
    assert finding.severity == "warning"
    assert "4 masks are stored as JPEG" in finding.message
    assert "PNG" in finding.advice
    assert len(finding.files) == 4


def test_files_that_nothing_uses_are_a_warning(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    Image.fromarray(scene(50)).save(folder / "left_over.png")
    finding = the_only(check_data(data_in(folder)), "unused-files")
    assert (finding.severity, finding.files) == ("warning", ("left_over.png",))
