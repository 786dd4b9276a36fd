"""Windows of scenes, slices of volumes and DICOM as data sets, from keys to samples."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import segcli
from segcli.cli.main import main
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets import known_files
from segcli.datasets.decoded_cache import DecodedCache
from segcli.datasets.file_part import FilePart
from segcli.datasets.fingerprint import KnownContent, fingerprint, known_digests
from segcli.datasets.listing import Listing
from segcli.datasets.mask_check import MaskCheck
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.record_dataset import RecordDataset
from segcli.sample import IGNORE_INDEX, DataError
from tests.datamodules.data import write_mask
from tests.datasets.part_files import PLACED, write_dicom, write_scene, write_volume

SCENES = {"image": "images/{name}.tif", "mask": "masks/{name}.tif", "classes": ["ground", "field"]}


def _scenes(root: Path, count: int = 5) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng, written = np.random.default_rng(0), {}
    for number in range(count):
        pixels = rng.integers(1, 5000, (40, 52, 4), dtype=np.uint16)
        mask = rng.integers(0, 2, (40, 52), dtype=np.uint8)
        pixels[:3, :5] = 0
        mask[30, 40:44] = 255
        write_scene(root / f"images/s{number}.tif", pixels, nodata=0, **PLACED)
        write_scene(root / f"masks/s{number}.tif", mask, nodata=255, **PLACED)
        written[f"s{number}"] = pixels, mask
    return written


def _data(root: Path, **keys: object) -> PatternDataModule:
    return PatternDataModule(str(root), **{"image_mode": "native", "batch_size": 2, **keys})  # type: ignore[arg-type]


def _split(data: PatternDataModule, name: str) -> RecordDataset:
    dataset = data.datasets[name]  # type: ignore[index]
    assert isinstance(dataset, RecordDataset)
    return dataset


def test_scenes_are_read_in_windows_and_no_split_shares_one(tmp_path: Path) -> None:
    written = _scenes(tmp_path)
    data = _data(tmp_path, **SCENES, window=24, nodata="ignore", ignore_values=[255])
    data.setup("fit")
    scenes = {split: {record.group for record in _split(data, split).records} for split in ("train", "val")}
    assert scenes["train"] | scenes["val"] == set(written)
    assert not scenes["train"] & scenes["val"]
    for split in ("train", "val"):
        dataset = _split(data, split)
        sizes, groups = dataset.sizes(), data.groups(split)  # type: ignore[arg-type]
        assert groups == ("files of data.image", [str(record.group) for record in dataset.records])
        for index, record in enumerate(dataset.records):
            pixels, mask = written[str(record.group)]
            (part,) = record.packed
            assert isinstance(part, FilePart)
            rows, columns = ((each.start, each.stop) for each in part.at if isinstance(each, range))
            at = slice(*rows), slice(*columns)
            image, labels = dataset.load(index)
            assert sizes[index] == image.shape[:2]
            np.testing.assert_array_equal(image, pixels[at])
            lacking = (pixels[at] == 0).all(axis=-1) | (mask[at] == 255)
            np.testing.assert_array_equal(labels, np.where(lacking, IGNORE_INDEX, mask[at]))
            np.testing.assert_array_equal(labels, dataset.load_mask(index))
        assert len(set(dataset.paths())) == len(dataset)
        assert len(dataset) == 6 * len(scenes[split])


class Halves(Listing):
    """List scenes as those of two halves."""

    grouped = True

    def images(self) -> list[Record]:
        """Return all scenes."""
        return [
            Record(
                file.stem,
                file,
                (MaskFile(self.root / "masks" / file.name),),
                group=("south" if file.stem < "s2" else "north") if self.grouped else None,
            )
            for file in sorted((self.root / "images").iterdir())
        ]


class Single(Halves):
    """List scenes without groups."""

    grouped = False


@pytest.mark.parametrize(("listing", "label"), [(Halves, "data.listing"), (Single, "files of data.image")])
def test_groups_of_windows_are_called_by_what_told_them(listing: type[Listing], label: str, tmp_path: Path) -> None:
    _scenes(tmp_path)
    data = _data(tmp_path, listing=listing, classes=["ground", "field"], window=32, ignore_values=[255])
    data.setup("fit")
    assert data.groups("val") == (label, [str(record.group) for record in _split(data, "val").records])


def test_limits_and_patterns_of_groups_go_by_files(tmp_path: Path) -> None:
    _scenes(tmp_path)
    data = _data(tmp_path, **SCENES, window=32, ignore_values=[255], group="s{number}", limit=2)
    data.setup("fit")
    assert len(_split(data, "train")) == 2 * 4
    found = data.groups("val")
    assert found is not None
    assert set(found[1]) <= set("01234")


def test_windows_of_8_bits_are_pictures_and_of_colours_masks(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    red = rng.integers(0, 2, (40, 52)) == 1
    colours = np.where(red[..., None], np.array([255, 0, 0]), 0).astype(np.uint8)
    for number in range(2):
        write_scene(tmp_path / f"images/{number}.tif", colours)
        write_scene(tmp_path / f"masks/{number}.tif", colours)
    keys = {**SCENES, "classes": None, "mask_values": {"#000000": "ground", "#ff0000": "roof"}}
    data = _data(tmp_path, **keys, image_mode="RGB", window=32)
    data.setup("fit")
    image, labels = _split(data, "val").load(3)
    np.testing.assert_array_equal(image, colours[32:, 32:])
    np.testing.assert_array_equal(labels, red[32:, 32:])


def test_fingerprints_checks_and_caches_see_single_parts(tmp_path: Path) -> None:
    written = _scenes(tmp_path)
    data = _data(tmp_path, **SCENES, window=24, ignore_values=[255])
    data.setup("fit")
    dataset = _split(data, "train")
    files = {file for record in dataset.records for file in record.files}
    assert KnownContent(dataset, known_digests(tmp_path)).unread_bytes == sum(file.stat().st_size for file in files)
    check = MaskCheck(dataset, "all")
    first = fingerprint(dataset, check=check)
    assert check.faults == []
    assert len(check.right) == len(dataset)
    cache = DecodedCache.built(dataset, tmp_path / "cache")
    for index in range(len(dataset)):
        for kept, loaded in zip(cache.load(index), dataset.load(index), strict=True):
            np.testing.assert_array_equal(kept, loaded)
    name = str(dataset.records[0].group)
    _, mask = written[name]
    mask[20, 20] = 7
    write_scene(tmp_path / f"masks/{name}.tif", mask, **PLACED)
    check = MaskCheck(dataset, "all", check.right)
    assert fingerprint(dataset, check=check)["content"] != first["content"]
    assert [f"{name}.tif/r00_c00" in fault for _, fault in check.faults] == [True]
    assert DecodedCache.known(dataset, tmp_path / "cache") is None
    write_scene(tmp_path / f"masks/{name}.tif", mask[:, :-1], **PLACED)
    assert fingerprint(dataset, sizes_only=True, check=MaskCheck(dataset, "headers"))["content"].startswith("sizes:")


def test_windows_are_decoded_once_for_all_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_files, "RACY_NS", -10_000_000_000)  # as if the files had been written a while before
    root, read, right = tmp_path / "data", list[str](), set[bytes]()
    _scenes(root, 3)

    def taken(**keys: object) -> tuple[str, int]:
        data = _data(root, **SCENES, ignore_values=[255], **keys)
        data.setup("fit")
        dataset, known = _split(data, "train"), known_digests(root)
        assert known is not None
        check = MaskCheck(dataset, "all", right)
        read.clear()
        found = fingerprint(dataset, check=check, content=KnownContent(dataset, known))
        known.save()
        right.update(check.right)
        return found["content"], len(read)

    whole = FilePart.read
    monkeypatch.setattr(FilePart, "read", lambda part: (read.append(part.key), whole(part))[1])
    first, count = taken(window=24)
    assert count == 2 * 6 * 2
    assert taken(window=24) == (first, 0)
    other, count = taken(window=23)
    assert (other != first, count) == (True, 2 * 6 * 2)
    ignored, count = taken(window=24, nodata="ignore")
    assert count == 2 * 6 * 2
    assert taken(window=24, nodata="ignore") == (ignored, 0)
    assert taken(window=24) == (first, 0)
    for name in ("s0", "s1", "s2"):
        write_scene(root / f"masks/{name}.tif", np.ones((40, 52), np.uint8), **PLACED)
    changed, count = taken(window=24)
    assert (changed != first, count) == (True, 2 * 6 * 2)


def test_headers_alone_decode_no_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scenes(tmp_path)
    data = _data(tmp_path, **SCENES, window=24, check_masks="headers")
    data.setup("fit")
    dataset = _split(data, "train")
    assert dataset.image_form is not None
    monkeypatch.setattr(FilePart, "read", lambda _: pytest.fail("read a window"))
    other = dataset.records[0].packed[0].container
    write_scene(other, np.zeros((40, 52, 3), np.uint16), **PLACED)
    check = MaskCheck(dataset, "headers")
    fingerprint(dataset, sizes_only=True, check=check)
    assert len(check.faults) == 6
    assert {fault.partition(" has ")[0].partition(".tif/")[0] for _, fault in check.faults} == {str(other)[:-4]}
    assert dataset.sizes()[0] == (24, 24)


def _volumes(root: Path, count: int = 5) -> None:
    rng = np.random.default_rng(0)
    for number in range(count):
        for channel in range(2):
            pixels = rng.integers(-99, 99, (20, 24, 7)).astype(np.int16)
            write_volume(root / f"imagesTr/p_{number:03d}_{channel:04d}.nii.gz", pixels)
        write_volume(root / f"labelsTr/p_{number:03d}.nii.gz", rng.integers(0, 3, (20, 24, 7)).astype(np.float64))
    labels = {"background": 0, "organ": 1, "tumour": 2}
    (root / "dataset.json").write_text(json.dumps({"labels": labels, "file_ending": ".nii.gz"}))


NNUNET = {"image": "imagesTr/{name}_{channel}", "mask": "labelsTr/{name}", "label_file": "dataset.json"}


def test_nnunets_volumes_are_read_in_slices(tmp_path: Path) -> None:
    _volumes(tmp_path)
    data = _data(tmp_path, **NNUNET, slice_axis=2)
    data.setup("fit")
    assert [len(_split(data, split)) for split in ("train", "val")] == [28, 7]
    image, mask = _split(data, "val").load(3)
    assert (image.shape, image.dtype, mask.shape) == ((20, 24, 2), np.float32, (20, 24))
    assert data.classes == ("background", "organ", "tumour")
    data.setup("predict")
    dataset = data.datasets["predict"]
    assert (len(dataset), dataset.ids()[1]) == (35, "p_000_0000.nii.gz/z1")
    with pytest.raises(DataError, match=r"(?s)p_000_0000\.nii\.gz is a volume.*data\.slice_axis"):
        _data(tmp_path, **NNUNET).setup("fit")


def test_dicom_images_are_read_with_masks_in_png(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(5):
        pixels = rng.integers(0, 4000, (16, 20)).astype(np.int16)
        write_dicom(tmp_path / f"images/{number}.dcm", pixels, RescaleSlope=1, RescaleIntercept=-1000)
        write_mask(tmp_path / f"labels/{number}.png", (0, 1))
    data = _data(tmp_path, classes=["a", "b"])
    data.setup("fit")
    image, mask = _split(data, "val").load(0)
    assert (image.shape, image.dtype) == ((16, 20), np.float32)
    assert image.min() < 0
    assert mask.max() == 1


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 3, len(data), 11):
        data[at] ^= 255
    path.write_bytes(data)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other(path: Path) -> None:
    path.write_bytes(b"%PDF-1.4 " + bytes(500))


def _smaller(path: Path) -> None:
    if path.suffix == ".tif":
        write_scene(path, np.zeros((39, 52), np.uint8), **PLACED)
    else:
        write_volume(path, np.zeros((20, 24, 6), np.uint8))


@pytest.mark.parametrize("damage", [_cut, _flip, _empty, _other, _smaller])
@pytest.mark.parametrize("kind", ["scene", "scene's mask", "volume", "volume's mask"])
def test_every_kind_of_bad_file_is_named_before_training(
    kind: str, damage: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if kind.startswith("scene"):
        _scenes(tmp_path, 2)
        keys = {**SCENES, "window": 32, "ignore_values": [255]}
        bad = tmp_path / ("images/s1.tif" if kind == "scene" else "masks/s1.tif")
    else:
        _volumes(tmp_path, 2)
        keys = {**NNUNET, "slice_axis": 2}
        bad = tmp_path / ("imagesTr/p_001_0001.nii.gz" if kind == "volume" else "labelsTr/p_001.nii.gz")
    assert callable(damage)
    damage(bad)
    data = {"class_path": "PatternDataModule", "root": str(tmp_path), "image_mode": "native", "batch_size": 2, **keys}
    model = {"backbone": {"name": "resnet18", "pretrained": False, "in_channels": 4}, "value_range": [0, 5000]}
    experiment = tmp_path / "experiment.yaml"
    experiment.write_text(
        yaml.safe_dump({"extends": ["segcli:own_folder", "segcli:augment_geometry"], "data": data, "model": model})
    )
    assert main(["data", "check", "-c", str(experiment)]) == 1
    told = capsys.readouterr()
    assert bad.name in told.out + told.err
    assert "Traceback" not in told.out + told.err


@pytest.mark.parametrize(("library", "extra"), [("rasterio", "geo"), ("nibabel", "medical"), ("pydicom", "medical")])
def test_a_missing_library_is_named_with_the_command(
    tmp_path: Path, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _scenes(tmp_path / "geo")
    _volumes(tmp_path / "volumes")
    write_dicom(tmp_path / "dicom/images/a.dcm", np.zeros((16, 20), np.uint16))
    monkeypatch.setitem(sys.modules, library, None)
    data = {
        "rasterio": lambda: _data(tmp_path / "geo", **SCENES, window=16),
        "nibabel": lambda: _data(tmp_path / "volumes", **NNUNET, slice_axis=0),
        "pydicom": lambda: _data(tmp_path / "dicom", classes=["a", "b"]),
    }[library]()
    with pytest.raises(DataError, match=rf"pip install 'segcli\[{extra}\]'"):
        data.setup("predict")


def test_libraries_are_imported_only_where_a_file_needs_them() -> None:
    package = Path(segcli.__file__).parent
    found = re.compile(r"^(import|from) (rasterio|nibabel|pydicom)\b", re.MULTILINE)
    assert [path for path in package.rglob("*.py") if found.search(path.read_text())] == []
