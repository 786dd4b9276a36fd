import io
from pathlib import Path

import numpy as np
import pydicom
import pytest

from segcli.datasets.dicom_image import is_dicom
from segcli.datasets.image_channels import ImageForm, read_channels, read_form
from segcli.datasets.mask_file import read_mask
from segcli.sample import DataError
from tests.datasets.part_files import write_dicom

GREYS = np.arange(30).reshape(5, 6)


@pytest.mark.parametrize(
    ("stored", "tags", "expected"),
    [
        ("uint8", {}, GREYS.astype(np.uint8)),
        ("uint16", {"BitsStored": 12, "HighBit": 11}, GREYS.astype(np.uint16)),
        ("uint16", {"RescaleSlope": 1, "RescaleIntercept": 0}, GREYS.astype(np.uint16)),
        ("int16", {"RescaleSlope": 1, "RescaleIntercept": -1024}, (GREYS - 1024).astype(np.float32)),
        ("uint16", {"RescaleSlope": "0.5", "RescaleIntercept": "1"}, (GREYS * 0.5 + 1).astype(np.float32)),
        ("int16", {}, GREYS.astype(np.float32)),
        ("uint8", {"PhotometricInterpretation": "MONOCHROME1"}, (255 - GREYS).astype(np.uint8)),
        (
            "uint16",
            {"PhotometricInterpretation": "MONOCHROME1", "BitsStored": 12, "HighBit": 11},
            (4095 - GREYS).astype(np.uint16),
        ),
        ("int16", {"PhotometricInterpretation": "MONOCHROME1"}, (-1 - GREYS).astype(np.float32)),
    ],
)
def test_greys_are_rescaled_and_white_is_high(
    tmp_path: Path, stored: str, tags: dict[str, object], expected: np.ndarray
) -> None:
    path = tmp_path / "a.dcm"
    write_dicom(path, GREYS.astype(stored), **tags)
    pixels = read_channels(path)
    assert pixels.dtype == expected.dtype
    np.testing.assert_array_equal(pixels[..., 0], expected)
    for data in (None, path.read_bytes()):
        assert read_form(path, data) == (ImageForm(1, expected.dtype.name), (5, 6))


def test_colours_are_read_as_red_green_and_blue(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    write_dicom(tmp_path / "a", pixels)  # known by its first bytes
    np.testing.assert_array_equal(read_channels(tmp_path / "a"), pixels)
    assert read_form(tmp_path / "a") == (ImageForm(3, "uint8"), (5, 6))


def test_run_lengths_are_decoded(tmp_path: Path) -> None:
    file = write_dicom(tmp_path / "a.dcm", GREYS.astype(np.uint16))
    file.compress(pydicom.uid.RLELossless)
    file.save_as(tmp_path / "a.dcm")
    np.testing.assert_array_equal(read_channels(tmp_path / "a.dcm")[..., 0], GREYS)


def test_a_compression_without_decoder_names_what_to_install(tmp_path: Path) -> None:
    file = write_dicom(tmp_path / "a.dcm", GREYS.astype(np.uint8))
    file.file_meta.TransferSyntaxUID = pydicom.uid.JPEGLosslessSV1
    file.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xd9"])
    file.save_as(tmp_path / "a.dcm")
    assert read_form(tmp_path / "a.dcm")[1] == (5, 6)
    with pytest.raises(DataError, match=r"a\.dcm is compressed by JPEG Lossless.*pip install 'pylibjpeg>=2.0' 'pyl"):
        read_channels(tmp_path / "a.dcm")


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        ({"NumberOfFrames": 3}, "holds 3 frames"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "values of PALETTE COLOR"),
        ({"ModalityLUTSequence": []}, "values that a table translates"),
        ({"Rows": 7}, "cannot be read as DICOM"),
    ],
)
def test_other_images_are_refused(tmp_path: Path, tags: dict[str, object], what: str) -> None:
    write_dicom(tmp_path / "a.dcm", GREYS.astype(np.uint8), **tags)
    with pytest.raises(DataError, match=rf"a\.dcm.*{what}"):
        read_channels(tmp_path / "a.dcm")


def test_files_at_fault_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    write_dicom(path, GREYS.astype(np.uint16))
    whole = path.read_bytes()
    for data in (b"", whole[:-20], whole[:200], b"\x89PNG\r\n\x1a\n" + bytes(200)):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"a\.dcm"):
            read_channels(path)
    file = pydicom.dcmread(io.BytesIO(whole))
    for name in ("Rows", "Columns", "PixelData"):
        delattr(file, name)
    file.save_as(path)
    with pytest.raises(DataError, match="is DICOM without an image"):
        read_channels(path)


def test_a_mask_in_dicom_is_refused(tmp_path: Path) -> None:
    write_dicom(tmp_path / "a.dcm", GREYS.astype(np.uint8))
    with pytest.raises(DataError, match="it is DICOM"):
        read_mask(tmp_path / "a.dcm")


def test_files_are_known_by_name_or_content() -> None:
    assert is_dicom(Path("a.DCM"), b"")
    assert is_dicom(Path("a"), bytes(128) + b"DICM")
    assert not is_dicom(Path("a.tif"), b"II*\0")
