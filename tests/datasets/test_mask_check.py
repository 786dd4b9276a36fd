import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.cli.main import main
from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datamodules.multilabel_folder_data_module import MultilabelFolderDataModule
from segcli.datasets.fingerprint import KnownContent, fingerprint, known_digests
from segcli.datasets.mask_check import HowMasks, MaskCheck, label_key, lossy_note, require_right
from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.shapes_dataset import ShapesDataset
from segcli.sample import DataError
from tests.datamodules.data import write_image, write_mask, write_pairs
from tests.datasets.made_files import saved


def dataset(root: Path, count: int = 6, classes: tuple[str, ...] = ("a", "b")) -> SampleDataset:
    if not (root / "images").is_dir():
        write_pairs(root / "images", root / "labels", [f"{n:02d}" for n in range(count)], (0, 1))
    data = FolderDataModule(str(root), classes=list(classes), val_fraction=0.2)
    data.setup("fit")
    return data.datasets["train"]


def checked(data: SampleDataset, how: HowMasks = "all", sizes_only: bool = False) -> MaskCheck:
    check = MaskCheck(data, how)
    fingerprint(data, sizes_only, check)
    return check


def bad(path: Path, kind: str) -> None:
    if kind == "value":
        write_mask(path, (0, 9))
    elif kind == "size":
        write_mask(path, (0, 1), height=8)
    elif kind == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif kind == "colour":
        write_image(path)


LOSSY: list[tuple[str, dict[str, object], str]] = [
    ("JPEG", {}, "JPEG"),
    ("MPO", {}, "JPEG"),
    ("WEBP", {"quality": 60}, "lossy WebP"),
    ("JPEG2000", {"irreversible": True}, "lossy JPEG 2000"),
    ("AVIF", {}, "AVIF"),
    ("TIFF", {"compression": "jpeg"}, "TIFF with JPEG inside"),
]
LOSSLESS: list[tuple[str, dict[str, object]]] = [
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
    ("JPEG2000", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
]


def with_masks_of(root: Path, kind: str, options: dict[str, object]) -> SampleDataset:
    """Return a data set of which every value of a mask is a class, and two masks are stored as said."""
    write_pairs(root / "images", root / "labels", [f"{n:02d}" for n in range(6)], (0, 1))
    data = FolderDataModule(str(root), classes=[f"c{n}" for n in range(254)], ignore_values=[254, 255])
    data.setup("fit")
    train = data.datasets["train"]
    picture = Image.fromarray(np.tile(np.array([[0, 255]], np.uint8), (16, 10)))
    for path in train.paths()[1:3]:
        (root / "labels" / Path(path).name).write_bytes(saved(picture, kind, **options))
    return train


@pytest.mark.parametrize(("kind", "options", "name"), LOSSY, ids=[kind for kind, _, _ in LOSSY])
def test_a_lossy_mask_is_told_by_its_format_though_all_its_values_are_classes(
    tmp_path: Path, kind: str, options: dict[str, object], name: str
) -> None:
    if kind == "AVIF":
        pytest.importorskip("PIL._avif")
    data = with_masks_of(tmp_path, kind, options)
    for how, sizes_only in (("all", False), ("headers", False), ("all", True)):
        check = checked(data, how, sizes_only)
        require_right([check])
        note = lossy_note([check]) or ""
        assert note.startswith(f"warning: 2 masks are stored as {name}, which changes values near edges")
        assert f"labels/{Path(data.paths()[1]).name}, " in note
    again = MaskCheck(data, "all", checked(data).right)
    fingerprint(data, check=again)
    assert lossy_note([again]) == note  # before every run, not only the first


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_masks_that_are_stored_exactly_are_not(tmp_path: Path, kind: str, options: dict[str, object]) -> None:
    assert lossy_note([checked(with_masks_of(tmp_path, kind, options))]) is None


@pytest.mark.parametrize("kind", ["value", "size", "cut", "colour"])
def test_every_bad_mask_is_named(tmp_path: Path, kind: str) -> None:
    data = dataset(tmp_path)
    names = [Path(path).name for path in data.paths()[1:4:2]]
    for name in names:
        bad(tmp_path / "labels" / name, kind)
    with pytest.raises(DataError, match=r"^2 files are at fault:\n") as error:
        require_right([checked(data)])
    assert all(f"labels/{name}" in str(error.value) for name in names)
    assert str(error.value).count(".png") == (4 if kind == "size" else 2)


def test_a_bad_image_is_named_too(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    bad(Path(data.paths()[0]), "cut")
    with pytest.raises(DataError, match=r"^1 file is at fault:\n  .*images.*cut off"):
        require_right([checked(data)])


def test_at_most_20_lines_and_each_advice_once(tmp_path: Path) -> None:
    data = dataset(tmp_path, count=40)
    for path in data.paths():
        bad(tmp_path / "labels" / Path(path).name, "value")
    with pytest.raises(DataError) as error:
        require_right([checked(data)])
    lines = str(error.value).splitlines()
    assert (lines[0], lines[21]) == (f"{len(data)} files are at fault:", f"  and {len(data) - 20} more")
    assert len(lines) == 23
    assert lines[22].strip().startswith("Name every value in mask_values")


def test_headers_find_sizes_and_nothing_else_and_sizes_imply_them(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    first, second = (tmp_path / "labels" / Path(path).name for path in data.paths()[:2])
    bad(first, "value")
    for how, sizes_only in (("headers", False), ("all", True)):
        assert checked(data, how, sizes_only).faults == []
    bad(second, "size")
    for how, sizes_only in (("headers", False), ("all", True)):
        check = checked(data, how, sizes_only)
        assert [index for index, _ in check.faults] == [1]
        assert check.right == set()  # headers prove nothing


def test_what_was_right_is_not_read_again_unless_it_or_the_labels_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, looked = dataset(tmp_path), list[int]()
    first = checked(data)
    assert len(first.right) == len(data)
    faults, lock = data.faults, threading.Lock()

    def counted(index: int, content: list[bytes] | None) -> list[str]:
        with lock:
            looked.append(index)
        return faults(index, content)

    monkeypatch.setattr(data, "faults", counted)
    again = MaskCheck(data, "all", first.right)
    before = fingerprint(data, check=again)
    assert (looked, before) == ([], fingerprint(data))
    bad(tmp_path / "labels" / Path(data.paths()[2]).name, "value")
    fingerprint(data, check=again)
    assert looked == [2]
    assert label_key(data) == label_key(dataset(tmp_path)) != label_key(dataset(tmp_path, classes=("a", "b", "c")))


def test_masks_of_classes_are_checked_too(tmp_path: Path) -> None:
    for name in ("lung", "heart"):
        write_pairs(tmp_path / "images", tmp_path / "labels" / name, ["1", "2", "3"], (0, 1))
    data = MultilabelFolderDataModule(str(tmp_path), ["lung", "heart"])
    data.setup("fit")
    train = data.datasets["train"]
    assert checked(train).faults == []
    name = Path(train.paths()[0]).name
    for folder in ("lung", "heart"):
        write_mask(tmp_path / "labels" / folder / name, (0, 1, 255))
    assert len(checked(train).faults) == 2


def test_generated_pictures_have_nothing_to_check() -> None:
    assert label_key(ShapesDataset("train", 2, 32)) is None


def test_threads_leave_the_filters_of_warnings_alone(tmp_path: Path) -> None:
    import warnings

    data, before = dataset(tmp_path), list(warnings.filters)
    checked(data)
    assert warnings.filters == before


def test_masks_need_not_be_small(tmp_path: Path) -> None:
    values = np.zeros((16, 20), np.uint16)
    values[0, 0] = 300
    data = dataset(tmp_path)
    Image.fromarray(values).save(tmp_path / "labels" / Path(data.paths()[0]).name)
    assert "300 (1 pixels)" in checked(data).faults[0][1]


@pytest.mark.parametrize("sizes_only", [False, True])
def test_links_to_nowhere_and_to_themselves_are_all_named(tmp_path: Path, sizes_only: bool) -> None:
    data = dataset(tmp_path, count=40)
    links = [Path(str(data.sources(index)[1])) for index in range(25)]
    for number, path in enumerate(links):
        path.unlink()
        path.symlink_to(path.name if number % 2 else "nowhere.png")
    assert KnownContent(data, known_digests(tmp_path)).unread_bytes > 0
    with pytest.raises(DataError) as caught:
        require_right([checked(data, sizes_only=sizes_only)])
    lines = str(caught.value).splitlines()
    assert lines[0] == "25 files are at fault:"
    assert lines[
        1
    ] == f"  {links[0]} cannot be read (No such file or directory): it is a symbolic link to nowhere.png; " + (
        "replace or remove it."
    )
    assert f"{links[1]} cannot be read (Too many levels of symbolic links): it is a symbolic link to" in lines[2]
    assert lines[21:] == ["  and 5 more"]


def test_a_link_to_nowhere_is_told_by_fit(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pairs(Path("d/images"), Path("d/labels"), list("abcdef"), (0, 1))
    for name in "abf":
        Path(f"d/labels/{name}.png").unlink()
        Path(f"d/labels/{name}.png").symlink_to("nowhere.png")
    words = ["--data", "FolderDataModule", "--data.root", "d", "--data.classes", "[x, y]"]
    assert main(["fit", "-c", "tiny.yaml", *words]) == 2
    told = capsys.readouterr().err
    assert "error: 3 files are at fault:" in told
    assert all(f"d/labels/{name}.png cannot be read" in told for name in "abf")
