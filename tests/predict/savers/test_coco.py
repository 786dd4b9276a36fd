import json

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from segcli.predict.savers.coco import FILE, Coco
from tests.predict.savers.conftest import Case


def test_masks_are_read_back_by_the_reference(case: Case) -> None:
    saver = Coco(case.told)
    for name in ("two", "one"):
        case.saved(saver, case.image(name))
    assert saver.finish(["one", "two"]) == [case.told.folder / FILE]
    found = json.loads((case.told.folder / FILE).read_text())
    assert [image["file_name"] for image in found["images"]] == ["one.jpg", "two.jpg"]
    assert [each["name"] for each in found["categories"]] == list(case.told.classes)
    is_multilabel = case.told.kind.multilabel
    for each in found["annotations"]:
        expected = case.labels[each["category_id"]] if is_multilabel else case.labels == each["category_id"]
        mask = coco_mask.decode(each["segmentation"])
        assert (mask == expected).all()
        assert each["area"] == expected.sum()
        rows, columns = np.nonzero(expected)
        assert each["bbox"][:2] == [columns.min(), rows.min()]
    assert [each["id"] for each in found["annotations"]] == list(range(1, len(found["annotations"]) + 1))
    assert {each["image_id"] for each in found["annotations"]} == {1, 2}


def test_its_library_opens_the_file(case: Case) -> None:
    saver = Coco(case.told)
    case.saved(saver, case.image("one"))
    (path,) = saver.finish(["one"])
    coco = COCO(str(path))
    annotation = coco.loadAnns(coco.getAnnIds())[0]
    assert coco.annToMask(annotation).shape == case.labels.shape[-2:]
