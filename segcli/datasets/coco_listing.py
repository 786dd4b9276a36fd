"""Find the images of a data set by annotations in COCO's format (https://cocodataset.org/#format-data)."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from segcli.config.errors import in_a_line
from segcli.datasets.annotation_listing import AnnotationListing
from segcli.datasets.named_images import NamedImages
from segcli.datasets.record import MaskFile, Record
from segcli.sample import DataError


class CocoListing(AnnotationListing):
    """List the images that files of COCO's annotations name.

    Objects are drawn largest first, so that small ones are not hidden; crowds are ignored.
    """

    split_name = "data.coco"

    def of_file(self, file: Path, split: str, named: NamedImages) -> Iterator[Record]:
        """Yield the images of a file, each with its objects."""
        content = _read(file)
        try:
            labels = {each["id"]: str(each["name"]) for each in content["categories"]}
            parts: dict[Any, list[Mapping[str, Any]]] = {each["id"]: [] for each in content["images"]}
            for each in content["annotations"]:
                if not each.get("segmentation"):
                    raise DataError(
                        f"{file}: annotation {each.get('id')} of image {each['image_id']} has no outline, only a box; "
                        "leave it out of the file."
                    )
                kept = {key: each[key] for key in ("segmentation", "iscrowd") if key in each}
                area = float(each.get("area", 0))
                parts[each["image_id"]].append({"label": labels[each["category_id"]], "area": area, **kept})
            for image in content["images"]:
                objects = sorted(parts[image["id"]], key=lambda each: -each["area"])
                part = {"height": image["height"], "width": image["width"], "annotations": objects}
                path = named.find(str(image["file_name"]), split, file)
                mask = MaskFile(file, content=json.dumps(part).encode())
                yield Record(named.name_of(path), path, (mask,), split or None)
        except DataError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            raise DataError(
                f"{file} is no file of COCO's annotations ({type(error).__name__}: {in_a_line(error)}), expected "
                "images, annotations and categories that belong together."
            ) from None


def _read(file: Path) -> Any:  # noqa: ANN401  (JSON)
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"data.coco got {file}, which cannot be read ({error.strerror}); correct it.") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"data.coco got {file}, which is no JSON ({in_a_line(error)}); correct it.") from None
