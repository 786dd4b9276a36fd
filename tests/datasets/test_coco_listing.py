import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets.coco_listing import CocoListing
from segcli.sample import DataError
from tests.datamodules.data import write_image

SQUARE = [[1, 1, 4, 1, 4, 3, 1, 3]]  # pixels 1 to 3 of rows 1 and 2, by COCO's own rule
KEYS: dict[str, Any] = {"classes": ["ground", "cat", "dog"], "val_fraction": 0.5}


def content(*annotations: dict[str, Any], names: tuple[str, ...] = ("a.png", "b.png")) -> dict[str, Any]:
    images = [{"id": 7 + number, "file_name": name, "height": 6, "width": 8} for number, name in enumerate(names)]
    categories = [{"id": 3, "name": "cat"}, {"id": 17, "name": "dog"}]
    return {"images": images, "annotations": list(annotations), "categories": categories}


def annotation(category: int, segmentation: object, image: int = 7, **more: object) -> dict[str, Any]:
    return {"image_id": image, "category_id": category, "segmentation": segmentation, **more}


def written(root: Path, found: object, *images: str) -> Path:
    for name in images or ("x/a.png", "x/b.png"):
        write_image(root / name, 6, 8)
    (root / "all.json").write_text(found if isinstance(found, str) else json.dumps(found))
    return root / "all.json"


def mask(root: Path, **keys: object) -> Any:  # noqa: ANN401  (a mask)
    data = PatternDataModule(str(root), coco="all.json", **{**KEYS, **keys})
    data.setup("fit")
    (dataset,) = [each for each in data.datasets.values() if each.paths()[0].endswith("a.png")]
    assert (dataset.load_mask(0) == dataset.load(0)[1]).all()
    return dataset.load(0)[1]


def test_polygons_and_run_lengths_are_drawn_largest_first(tmp_path: Path) -> None:
    whole = {"size": [6, 8], "counts": [0, 48]}
    crowd = {"size": [6, 8], "counts": [42, 6]}
    written(
        tmp_path,
        content(
            annotation(3, SQUARE, area=6),
            annotation(17, whole, area=48),
            annotation(3, crowd, area=1, iscrowd=1),
        ),
    )
    expected = np.full((6, 8), 2)
    expected[1:3, 1:4] = 1
    expected[:, 7] = 255
    np.testing.assert_array_equal(mask(tmp_path), expected)


def test_an_image_without_objects_is_of_the_first_class(tmp_path: Path) -> None:
    written(tmp_path, content(annotation(3, SQUARE, image=8)))
    assert not mask(tmp_path).any()
    assert (mask(tmp_path, other_values="ignore") == 255).all()


def test_files_name_the_splits_and_images_in_their_folders(tmp_path: Path) -> None:
    for split in ("train", "val"):
        write_image(tmp_path / f"{split}2017" / "a.png", 6, 8)
        (tmp_path / f"{split}.json").write_text(json.dumps(content(annotation(3, SQUARE), names=("a.png",))))
    found = CocoListing(tmp_path, {split: tmp_path / f"{split}.json" for split in ("train", "val")}).records()
    assert [(record.image.parent.name, record.split) for record in found] == [
        ("train2017", "train"),
        ("val2017", "val"),
    ]
    with pytest.raises(DataError, match=r"names the image a\.png, and below .* both end so"):
        CocoListing(tmp_path, {"": tmp_path / "train.json"}).records()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("{", "which is no JSON"),
        ("[]", "is no file of COCO's annotations"),
        ({}, r"is no file of COCO's annotations \(KeyError: 'categories'\)"),
        (content(names=()), "no image in"),
        (content(names=("c.png",)), r"names the image c\.png, and below .* there is none"),
        (content(annotation(5, SQUARE)), r"is no file of COCO's annotations \(KeyError: 5\)"),
        (content(annotation(3, None)), "annotation None of image 7 has no outline, only a box"),
        (content(annotation(3, [])), "has no outline, only a box"),
        (content(names=("",)), "an image has no name"),
        (content(names=("a.png", "x/a.png")), r"names .*a\.png twice"),
        ("[" * 100_000, "which is no JSON"),
        (content(annotation(3, SQUARE, image=99)), r"is no file of COCO's annotations \(KeyError: 99\)"),
    ],
)
def test_what_is_no_such_file_is_told(found: object, message: str, tmp_path: Path) -> None:
    file = written(tmp_path, found)
    with pytest.raises(DataError, match=message):
        CocoListing(tmp_path, {"": file}).records()
    with pytest.raises(DataError, match=r"none\.json, which cannot be read"):
        CocoListing(tmp_path, {"": tmp_path / "none.json"}).records()


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ([annotation(3, [[1, 2]])], "an outline of 'cat' has fewer than three corners"),
        ([annotation(3, [[1, 2, 3, 4]])], "an outline of 'cat' has fewer than three corners"),
        ([annotation(3, [[math.nan, 1, 5, 1, 5, 5]])], "points are no pairs of numbers near the image"),
        ([annotation(3, [[math.inf, 1, 5, 1, 5, 5]])], "points are no pairs of numbers near the image"),
        ([annotation(3, [[1e9, 1, 5, 1, 5, 5]])], "points are no pairs of numbers near the image"),
        ([annotation(3, {"size": [6, 8], "counts": None})], "holds shapes that cannot be read"),
        ([annotation(3, {"counts": [48]})], "holds shapes that cannot be read"),
        ([annotation(3, {"size": [8, 6], "counts": [48]})], "run lengths of 'cat' do not fill the image"),
        ([annotation(3, {"size": [6, 8], "counts": [20, 5, 1000]})], "run lengths of 'cat' do not fill the image"),
        ([annotation(3, {"size": [6, 8], "counts": [20, 5]})], "run lengths of 'cat' do not fill the image"),
        ([annotation(3, {"size": [6, 8], "counts": [-1, 49]})], "run lengths of 'cat' do not fill the image"),
    ],
)
def test_an_object_without_a_shape_names_the_file(
    annotations: list[dict[str, Any]], message: str, tmp_path: Path
) -> None:
    written(tmp_path, content(*annotations))
    with pytest.raises(DataError, match=rf"all\.json.*{message}"):
        mask(tmp_path)


def test_outlines_of_another_picture_are_refused(tmp_path: Path) -> None:
    written(tmp_path, content(annotation(3, SQUARE)))
    write_image(tmp_path / "x" / "a.png", 12, 16)
    with pytest.raises(DataError, match=r"all\.json has an image of 6 x 8 px \(height x width\) that is 12 x 16 px"):
        mask(tmp_path)


def test_an_image_is_in_one_split(tmp_path: Path) -> None:
    file = written(tmp_path, content(annotation(3, SQUARE)))
    with pytest.raises(DataError, match=r"a\.png twice"):
        CocoListing(tmp_path, {"train": file, "val": file}).records()


def test_paths_may_be_those_of_windows(tmp_path: Path) -> None:
    file = written(tmp_path, content(names=("x\\a.png",)))
    assert CocoListing(tmp_path, {"": file}).records()[0].image == tmp_path / "x" / "a.png"


def test_other_objects_of_an_image_are_other_data(tmp_path: Path) -> None:
    sources = []
    for annotations in ([], [annotation(3, SQUARE)]):
        file = written(tmp_path, content(*annotations))
        record = CocoListing(tmp_path, {"": file}).records()[0]
        sources.append(record.masks[0].content)
        assert record.files == [tmp_path / "x" / "a.png", file]
    assert sources[0] != sources[1]
