from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from segcli.callbacks.image_records import image_counts, image_groups, image_names
from segcli.datamodules.shapes_data_module import ShapesDataModule

PLACES = np.array([[0, 3], [0, 0], [1, 1]])


def _counted(paths: list[str], places: np.ndarray, counts: list[int], multilabel: bool = False) -> Any:  # noqa: ANN401  (stands for an evaluation)
    return cast(
        Any, SimpleNamespace(images=(paths, places, np.array(counts)), shape=(2, 2, 2) if multilabel else (2, 2))
    )


def test_images_are_in_the_order_of_their_names_whoever_counted_them() -> None:
    names = {"/data/x.png": "x.png", "/data/b.png": "b.png"}
    one = image_counts(_counted(["/data/x.png", "/data/b.png"], PLACES, [5, 6, 7]), names, epoch=2)
    swapped = np.array([[0, 1], [1, 3], [1, 0]])
    other = image_counts(_counted(["/data/b.png", "/data/x.png"], swapped, [7, 5, 6]), names, epoch=2)
    assert one.ids == other.ids == ("b.png", "x.png")
    assert one.moved(other) == 0
    assert one.image.tolist() == [0, 1, 1]
    assert one.cell.tolist() == other.cell.tolist() == [1, 0, 3]
    assert one.count.tolist() == other.count.tolist() == [7, 6, 5]
    assert (one.shape, one.epoch) == ((2, 2), 2)


def test_of_several_labels_an_image_has_four_counts_per_class() -> None:
    assert image_counts(_counted(["a"], PLACES[:2], [1, 2], multilabel=True), {}, epoch=None).shape == (2, 2, 2)


def test_images_keep_their_groups_whoever_counted_them() -> None:
    groups = {"/data/x.png": "x", "/data/b.png": "b"}
    names = {"/data/x.png": "x.png", "/data/b.png": "b.png"}
    counted = _counted(["/data/x.png", "/data/b.png"], PLACES, [5, 6, 7])
    found = image_counts(counted, names, 2, "{clip}", groups)
    assert (found.ids, found.groups, found.pattern) == (("b.png", "x.png"), ("b", "x"), "{clip}")
    assert image_counts(counted, names, 2).groups == ()


def test_groups_are_those_of_the_split() -> None:
    data = ShapesDataModule(train_size=2, val_size=3, image_size=32, group="{split}_*")
    data.setup("fit")
    assert image_groups(data, "val") == ("{split}_*", dict.fromkeys(["val_00000", "val_00001", "val_00002"], "val"))
    assert image_groups(data, "test") == image_groups(None, "val") == ("", {})


def test_names_are_those_of_the_split() -> None:
    data = ShapesDataModule(train_size=2, val_size=3, image_size=32)
    data.setup("fit")
    assert list(image_names(data, "val").values()) == ["val_00000", "val_00001", "val_00002"]
    assert image_names(data, "test") == {}
    assert image_names(None, "val") == {}
