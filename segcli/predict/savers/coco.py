"""Masks as COCO has them: https://cocodataset.org/#format-data, run-length encoded by pycocotools."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from segcli.disk import write_text
from segcli.predict.savers.base import Image
from segcli.predict.savers.collected import LabelMapSaver

FOLDER, FILE = "coco", "predictions.coco.json"


class Coco(LabelMapSaver):
    """``predictions.coco.json``: for each image and class one annotation of all its pixels.

    The identifier of a category is the index of its class, from 0. ``coco/NAME.json`` holds each image for itself.
    """

    name = "coco"

    def save(self, image: Image, labels: NDArray[np.uint8]) -> Path:
        """Write the annotations of one image."""
        height, width = image.size
        found = []
        for at in range(len(self.told.classes)):
            mask = labels[at] if self.told.kind.multilabel else (labels == at).astype(np.uint8)
            if mask.any():
                code = coco_mask.encode(np.asfortranarray(mask))
                found.append(
                    {
                        "category_id": at,
                        "segmentation": {"size": [height, width], "counts": code["counts"].decode("ascii")},
                        "area": int(coco_mask.area(code)),
                        "bbox": [float(side) for side in coco_mask.toBbox(code)],
                        "iscrowd": 1,
                    }
                )
        path = self.told.folder / FOLDER / f"{image.name}.json"
        about = {"file_name": image.file_name, "height": height, "width": width}
        write_text(path, json.dumps({"image": about, "annotations": found}, ensure_ascii=False))
        return path

    def finish(self, names: Sequence[str]) -> Sequence[Path]:
        """Put all images together, in the order in which they were named."""
        images, annotations = list[dict[str, Any]](), list[dict[str, Any]]()
        for name in names:
            each = json.loads((self.told.folder / FOLDER / f"{name}.json").read_text("utf-8"))
            images.append({"id": len(images) + 1, **each["image"]})
            for one in each["annotations"]:
                annotations.append({"id": len(annotations) + 1, "image_id": len(images), **one})
        categories = [{"id": at, "name": name} for at, name in enumerate(self.told.classes)]
        whole = {"images": images, "annotations": annotations, "categories": categories}
        path = self.told.folder / FILE
        write_text(path, json.dumps(whole, ensure_ascii=False))
        return [path]
