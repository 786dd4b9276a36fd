from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.datamodules.pattern_masks import ClassMasks, MaskKeys, ValueMasks, masks_of
from segcli.datasets.mask_reader import MaskReader, ValueReader
from segcli.datasets.path_pattern import PathPattern
from segcli.datasets.pattern_listing import mask_kind
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.record_dataset import RecordDataset
from segcli.sample import DataError
from tests.datamodules.data import write_mask

KEYS = MaskKeys(("ground", "cat"), None, (), (), "error", None)
A = Record("a", Path("a.png"))
CAT = MaskFile(Path("cat/a.png"), "cat")


def made(pattern: str | None, missing: str = "error", multilabel: bool = False, **keys: Any) -> Any:  # noqa: ANN401
    mask = PathPattern(pattern) if pattern else None
    return masks_of(mask, KEYS._replace(**keys), multilabel, "error", missing, mask_kind(mask))


def test_the_pattern_tells_what_masks_are() -> None:
    assert isinstance(made("{name}.png"), ValueMasks)
    assert isinstance(made("{class}/{name}.png"), ClassMasks)
    assert isinstance(made(None), ValueMasks)
    with pytest.raises(DataError, match="expected"):
        made("{name}.png", multilabel=True)


@pytest.mark.parametrize("missing", ["error", "skip", "cat"])
def test_skipping_leaves_out_images_without_masks_alone(missing: str) -> None:
    with_mask = Record("b", Path("b.png"), (MaskFile(Path("b_m.png")),))
    kept = made("{name}.png", missing).kept([A, with_mask])
    assert kept == ([with_mask] if missing == "skip" else [A, with_mask])


def test_classes_have_files_in_their_own_order() -> None:
    dog = MaskFile(Path("dog/a.png"), "dog")
    masks = made("{class}/{name}.png", classes=("ground", "dog", "cat"))
    record = Record("a", Path("a.png"), (CAT, dog))
    (found,), _ = masks.prepared([record], [record])
    assert found.masks == (MaskFile(None, "ground"), dog, CAT)


def test_several_files_of_a_class_are_its_objects() -> None:
    files = (MaskFile(Path("1.png"), "cat"), MaskFile(Path("2.png"), "cat"))
    record = Record("a", Path("a.png"), files)
    (found,), _ = made("{class}/{name}_*.png").prepared([record], [record])
    assert found.masks == (MaskFile(None, "ground"), *files, MaskFile(None, "cat"))


def test_which_file_is_of_which_class_is_part_of_the_data() -> None:
    keys = {"classes": ("ground", "cat", "dog")}
    sources = set()
    for labels in (("cat", "cat", "dog"), ("cat", "dog", "dog")):
        files = tuple(MaskFile(Path(f"{number}.png"), label) for number, label in enumerate(labels))
        record = Record("a", Path("a.png"), files)
        (found,), reader = made("{class}/{name}_*.png", **keys).prepared([record], [record])
        sources.add(tuple(RecordDataset([found], reader).sources(0)))
    assert len(sources) == 2


def test_an_image_without_any_file_is_empty_only_if_it_may() -> None:
    other = Record("b", Path("b.png"), (CAT,))
    with pytest.raises(DataError, match="1 images have no mask"):
        made("{class}/{name}.png").prepared([A], [A, other])
    (found,), _ = made("{class}/{name}.png", "empty").prepared([A], [A, other])
    assert [mask.path for mask in found.masks] == [None, None]
    with pytest.raises(DataError, match="got 'empty', expected error, skip, ground, cat"):
        made("{name}.png", "empty")
    with pytest.raises(DataError, match="got 'cat', expected error, skip, empty"):
        made("{class}/{name}.png", "cat")
    (found,), labels = made("{name}/*.png", "empty").prepared([A], [A])
    assert not RecordDataset([found], labels).labels.combined([], [], (2, 2)).any()


def test_objects_are_laid_over_the_class_of_the_value_0() -> None:
    keys = {"classes": None, "mask_values": {255: "cell", 0: "ground"}}
    _, labels = made("{name}/*.png", **keys).prepared([], [])
    ground, cell = np.ones((1, 2), np.uint8), np.array([[0, 1]], np.uint8)
    assert labels.combined([], [cell, ground], (1, 2)).tolist() == [[0, 1]]


class Halved(MaskReader):
    """Read half of every value."""

    def __call__(self, path: Path, data: bytes | None = None) -> NDArray[np.integer]:
        return ValueReader()(path, data) // 2


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ("{name}.png", {}),
        ("{name}_*.png", {}),
        ("{class}/{name}.png", {"classes": None, "mask_values": {"ground": "ground", "cat": "cat"}}),
    ],
)
def test_an_own_reader_reads_masks_of_all_kinds(pattern: str, keys: dict[str, Any], tmp_path: Path) -> None:
    write_mask(tmp_path / "a.png", (0, 2))
    _, labels = made(pattern, "empty" if "{class}" in pattern else "error", reader=Halved(), **keys).prepared([], [])
    assert labels.read(tmp_path / "a.png", None)[0].tolist() == [0, 1] * 10
    assert labels.size(tmp_path / "a.png") == (16, 20)
    assert ".Halved " in repr(labels)
    _, usual = made(pattern, "empty" if "{class}" in pattern else "error", **keys).prepared([], [])
    with pytest.raises(DataError, match="has mask value 2"):
        usual.read(tmp_path / "a.png", None)


@pytest.mark.parametrize(
    ("pattern", "keys", "message"),
    [
        ("{name}.png", {"threshold": 9, "classes": None, "mask_values": {0: "a", 255: "b"}}, "beside data.mask_thresh"),
        ("{name}.png", {"classes": None, "mask_values": {"#000000": "a", "#ffffff": "b"}}, "or colours in data.mask_v"),
        ("{name}.json", {}, "masks of shapes, with which neither mask_threshold, reader nor"),
    ],
)
def test_an_own_reader_goes_with_none_of_ours(pattern: str, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        made(pattern, reader=Halved(), **keys)
