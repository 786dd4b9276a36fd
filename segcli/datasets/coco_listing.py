"""Find the images of a data set by annotations in COCO's format (https://cocodataset.org/#format-data)."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from segcli.config.errors import in_a_line
from segcli.datasets.listing import Listing, require_once
from segcli.datasets.named_images import NamedImages
from segcli.datasets.record import MaskFile, Record
from segcli.sample import DataError


class CocoListing(Listing):
    """List the images that files of annotations name; each has its own part of them.

    Objects are drawn largest first, so that small ones are not hidden; crowds are ignored.

    Args:
        root: Folder of the data set.
        files: Split to its file of annotations; one file for all under an empty name.
    """

    has_masks, split_name = True, "data.coco"

    def __init__(self, root: Path, files: Mapping[str, Path]) -> None:
        self.root, self._files = root, files
        self._records: list[Record] | None = None

    def images(self) -> list[Record]:
        """Return all images, in the order of the files.

        Raises:
            DataError: If a file of annotations is at fault, or names an image that is not there or is there twice.
        """
        if self._records is None:
            named = NamedImages(self.root)
            records = [record for split, file in self._files.items() for record in self._of(file, split, named)]
            if not records:
                raise DataError(f"data.coco: no image in {', '.join(map(str, self._files.values()))}.")
            require_once([record.image for record in records], "data.coco")
            self._records = records
        return self._records

    def _of(self, file: Path, split: str, named: NamedImages) -> Iterator[Record]:
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
