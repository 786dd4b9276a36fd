import gzip
import multiprocessing
import threading
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest

from segcli.datasets import nifti_volume
from segcli.datasets.nifti_volume import is_volume, opened_volume
from segcli.sample import DataError
from tests.datasets.part_files import write_volume

VALUES = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6) - 7


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_slices_are_those_of_the_array_along_each_axis(tmp_path: Path, name: str) -> None:
    write_volume(tmp_path / name, VALUES)
    with opened_volume(tmp_path / name) as volume:
        assert (volume.shape, volume.channels, volume.dtype) == ((4, 5, 6), 1, np.int16)
        np.testing.assert_array_equal(volume.pixels((range(4), range(5), 2))[..., 0], VALUES[:, :, 2])
        np.testing.assert_array_equal(volume.pixels((3, range(5), range(6)))[..., 0], VALUES[3])


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_the_fourth_axis_is_of_channels(tmp_path: Path, name: str) -> None:
    values = np.random.default_rng(0).normal(size=(4, 5, 6, 3)).astype(np.float32)
    write_volume(tmp_path / name, values)
    with opened_volume(tmp_path / name) as volume:
        assert (volume.shape, volume.channels) == ((4, 5, 6), 3)
        np.testing.assert_array_equal(volume.pixels((range(4), 1, range(6))), values[:, 1])


def test_a_file_of_two_axes_is_one_slice(tmp_path: Path) -> None:
    write_volume(tmp_path / "a.nii.gz", VALUES[..., 0])
    with opened_volume(tmp_path / "a.nii.gz") as volume:
        assert volume.shape == (4, 5, 1)
        np.testing.assert_array_equal(volume.pixels((range(4), range(5), 0))[..., 0], VALUES[..., 0])


def test_values_are_scaled_as_the_header_says(tmp_path: Path) -> None:
    write_volume(tmp_path / "a.nii", VALUES, slope=2, inter=5)
    with opened_volume(tmp_path / "a.nii") as volume:
        assert volume.dtype == np.float64
        np.testing.assert_array_equal(volume.pixels((range(4), range(5), 2))[..., 0], 2 * VALUES[..., 2] + 5)


def test_the_last_volumes_are_kept_and_a_changed_one_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[str]()
    found = nifti_volume.read_bytes
    monkeypatch.setattr(nifti_volume, "read_bytes", lambda path: (read.append(path.name), found(path))[1])
    monkeypatch.setattr(nifti_volume, "_KEPT_BYTES", 1500)
    for name in "ab":
        write_volume(tmp_path / f"{name}.nii.gz", np.random.default_rng(0).integers(0, 9, (8, 8, 8), np.int16))

    def slices(name: str) -> None:
        for number in (0, 1, 2):
            with opened_volume(tmp_path / f"{name}.nii.gz") as volume:
                volume.pixels((range(8), range(8), number))

    slices("a")
    slices("b")
    slices("a")
    assert read == ["a.nii.gz", "b.nii.gz", "a.nii.gz"]
    write_volume(tmp_path / "a.nii.gz", np.full((8, 8, 8), 3, np.int16))
    with opened_volume(tmp_path / "a.nii.gz") as volume:
        assert (volume.pixels((range(8), range(8), 0)) == 3).all()


def _damaged(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[len(data) // 2] ^= 16
    return bytes(changed)


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("a.nii", lambda data: data[:-10], "is cut off"),
        ("a.nii", lambda data: data[:100], "cannot be read as NIfTI"),
        ("a.nii", lambda data: b"", "cannot be read as NIfTI"),
        ("a.nii", lambda data: b"\x89PNG\r\n\x1a\n" + data, "cannot be read as NIfTI"),
        ("a.nii.gz", lambda data: data[:-30], "is cut off or damaged"),
        ("a.nii.gz", _damaged, "is cut off or damaged|cannot be read as NIfTI"),
        ("a.nii.gz", lambda data: gzip.decompress(data), "is cut off or damaged|cannot be read as NIfTI"),
        ("a.nii.gz", lambda data: b"", "cannot be read as NIfTI"),
    ],
)
def test_files_at_fault_are_named(tmp_path: Path, name: str, change: object, what: str) -> None:
    write_volume(tmp_path / name, np.random.default_rng(0).integers(0, 999, (8, 8, 8), np.int16))
    assert callable(change)
    (tmp_path / name).write_bytes(change((tmp_path / name).read_bytes()))
    with pytest.raises(DataError, match=rf"{name} ({what})"), opened_volume(tmp_path / name) as volume:
        volume.pixels((range(8), range(8), 7))


def test_other_arrays_are_refused(tmp_path: Path) -> None:
    write_volume(tmp_path / "a.nii", np.zeros((2, 2, 2, 2, 2), np.uint8))
    colours = np.zeros((4, 5, 6), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.save(nibabel.Nifti1Image(colours, np.eye(4)), tmp_path / "b.nii")
    for name in "ab":
        with pytest.raises(DataError, match="expected a volume of three axes"), opened_volume(tmp_path / f"{name}.nii"):
            pass


def test_volumes_are_known_by_their_names() -> None:
    assert is_volume(Path("x/a.NII.gz"))
    assert not is_volume(Path("x/a.gz"))


def test_a_forked_process_begins_anew(tmp_path: Path) -> None:
    """Its lock may have been held by a thread that it does not have."""
    write_volume(tmp_path / "a.nii.gz", VALUES)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with nifti_volume._lock:
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = multiprocessing.get_context("fork").Process(target=_read_one, args=(tmp_path / "a.nii.gz",))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads, which is what is tested
            child.start()
        child.join(20)
        assert child.exitcode == 0
    finally:
        child.kill()
        done.set()
        holder.join()


def _read_one(path: Path) -> None:
    with opened_volume(path) as volume:
        assert volume.pixels((range(4), range(5), 2)).shape == (4, 5, 1)
