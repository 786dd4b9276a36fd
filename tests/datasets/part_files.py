"""Write small scenes, volumes and DICOM images for tests."""

import warnings
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import rasterio
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from rasterio.errors import NotGeoreferencedWarning

PLACED = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000)}


def write_scene(path: Path, pixels: NDArray[Any], **profile: object) -> None:
    """Write ``(H, W)`` or ``(H, W, C)`` as a tiled GeoTIFF, without a place unless ``profile`` has one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bands = np.moveaxis(np.atleast_3d(pixels), -1, 0)
    form = {
        "driver": "GTiff",
        "count": len(bands),
        "dtype": bands.dtype,
        "height": bands.shape[1],
        "width": bands.shape[2],
    }
    tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **{**form, **tiles, **profile}) as file:
            file.write(bands)


def write_volume(path: Path, pixels: NDArray[Any], affine: NDArray[Any] | None = None, **scale: float) -> None:
    """Write ``(X, Y, Z)`` or ``(X, Y, Z, C)`` as NIfTI, with ``slope`` and ``inter`` where given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nibabel.Nifti1Image(pixels, np.diag([-2.0, -2.0, 3.0, 1.0]) if affine is None else affine)
    if scale:
        image.header.set_slope_inter(**scale)
    nibabel.save(image, path)


def write_dicom(path: Path, pixels: NDArray[Any], **tags: object) -> FileDataset:
    """Write ``(H, W)`` or ``(H, W, 3)`` as DICOM without compression; ``tags`` are set last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.Rows, file.Columns = pixels.shape[:2]
    file.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    file.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        file.PlanarConfiguration = 0
    file.BitsAllocated = file.BitsStored = 8 * pixels.dtype.itemsize
    file.HighBit, file.PixelRepresentation = file.BitsStored - 1, int(pixels.dtype.kind == "i")
    file.PixelData = pixels.tobytes()
    for name, value in tags.items():
        setattr(file, name, value)
    file.save_as(path, enforce_file_format=True)
    return file
