"""Outlines of many images in one file, as annotation tools export them, in LabelMe's words.

Formats: VIA 2 and 1 (JSON: ``regions`` of polygons, rectangles, circles and ellipses) and CVAT for images 1.1 (XML:
``polygon``, ``box``, ``ellipse``, and ``mask`` in run lengths by rows, of which the first are not of the object).
"""

import base64
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcli.config.errors import in_a_line
from segcli.sample import DataError

_FARTHEST = 20_000
"""Of an ellipse from the corner of the image, and of its edge from its centre, in pixels."""
_ATTRIBUTES = ("class", "label", "name", "category", "type")
"""Of a region of VIA, of which the first that is there says the class where there are several."""
_FORBIDDEN = b"<!DOCTYPE", b"<!ENTITY"
"""By which a few bytes of XML become gigabytes."""
_UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Outlines:
    """What a file says of one image.

    Attributes:
        name: As the file calls the image.
        shapes: In LabelMe's words, later ones over earlier ones.
        size: Height and width in pixels; None where the file does not say it.
        split: As the file calls it; empty where it does not.
    """

    name: str
    shapes: Sequence[Mapping[str, Any]]
    size: tuple[int, int] | None = None
    split: str = ""

    def content(self) -> bytes:
        """Return the same as a file of LabelMe's."""
        size = {} if self.size is None else {"imageHeight": self.size[0], "imageWidth": self.size[1]}
        return json.dumps({"shapes": list(self.shapes), **size}).encode()


def read_outlines(file: Path) -> list[Outlines]:
    """Return what a file says of each image, in its order.

    Args:
        file: ``.json`` of VIA, or ``.xml`` of CVAT.

    Raises:
        DataError: If it cannot be read, or is in neither format.
    """
    try:
        data = file.read_bytes()
        return list(_of_cvat(data) if file.suffix.lower() == ".xml" else _of_via(json.loads(data.decode("utf-8-sig"))))
    except OSError as error:
        raise DataError(f"data.outlines got {file}, which cannot be read ({error.strerror}); correct it.") from None
    except (*_UNREADABLE, ET.ParseError) as error:
        raise DataError(
            f"{file} holds no outlines that can be read ({type(error).__name__}: {in_a_line(error)}), expected a JSON "
            "of VIA, or an XML of CVAT for images."
        ) from None


def _of_via(content: Mapping[str, Any]) -> Iterator[Outlines]:
    images = content.get("_via_img_metadata", content)
    for each in images.values():
        regions = each["regions"]
        listed = list(regions.values()) if isinstance(regions, Mapping) else regions
        yield Outlines(str(each["filename"]), [_via_shape(region) for region in listed])


def _via_shape(region: Mapping[str, Any]) -> Mapping[str, Any]:
    found, label = region["shape_attributes"], _via_label(region.get("region_attributes") or {})
    match found["name"]:
        case "polygon" | "polyline":
            pairs = zip(found["all_points_x"], found["all_points_y"], strict=True)
            return _shape(label, "polygon", [[x, y] for x, y in pairs])
        case "rect":
            left, top = found["x"], found["y"]
            return _shape(label, "rectangle", [[left, top], [left + found["width"], top + found["height"]]])
        case "circle":
            return _shape(label, "circle", [[found["cx"], found["cy"]], [found["cx"] + found["r"], found["cy"]]])
        case "ellipse":
            return _ellipse(label, [float(found[key]) for key in ("cx", "cy", "rx", "ry")], found.get("theta", 0))
    raise ValueError(f"a region {label!r} is a {found['name']}, expected an outline")


def _via_label(attributes: Mapping[str, Any]) -> str:
    """Return the class of a region: a text, or the one choice that is ticked."""
    told: dict[str, str] = {}
    for name, value in attributes.items():
        ticked = [key for key, is_on in value.items() if is_on] if isinstance(value, Mapping) else [value]
        if len(ticked) == 1 and str(ticked[0]).strip():
            told[name] = str(ticked[0]).strip()
    named = [name for name in _ATTRIBUTES if name in told] or list(told)
    if not named or (len(told) > 1 and named == list(told)):
        raise ValueError(f"a region has the attributes {dict(attributes)}, expected one that says its class")
    return told[named[0]]


def _of_cvat(data: bytes) -> Iterator[Outlines]:
    if any(mark in data for mark in _FORBIDDEN):
        raise ValueError("it declares entities")
    root = ET.fromstring(data)
    images = list(root.iter("image"))
    if root.tag != "annotations" or not images:
        raise ValueError(f"it has {len(images)} images in <{root.tag}>")
    for image in images:
        objects = sorted(image, key=lambda each: int(each.get("z_order", 0)))
        shapes = [_cvat_shape(each) for each in objects if each.get("label") is not None and each.tag != "tag"]
        size = int(image.attrib["height"]), int(image.attrib["width"])
        yield Outlines(image.attrib["name"], shapes, size, image.get("subset", ""))


def _cvat_shape(found: ET.Element) -> Mapping[str, Any]:
    label, value = found.attrib["label"], found.attrib
    match found.tag:
        case "polygon":
            pairs = (pair.split(",") for pair in value["points"].split(";"))
            return _shape(label, "polygon", [[float(x), float(y)] for x, y in pairs])
        case "box" if float(value.get("rotation", 0)) == 0:
            left, top, right, bottom = (float(value[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
            return _shape(label, "rectangle", [[left, top], [right, bottom]])
        case "ellipse":
            return _ellipse(label, [float(value[key]) for key in ("cx", "cy", "rx", "ry")])
        case "mask":
            return _mask(label, value)
    raise ValueError(f"an object {label!r} is a {found.tag}, expected an outline or a mask")


def _mask(label: str, value: Mapping[str, str]) -> Mapping[str, Any]:
    left, top, width, height = (int(value[key]) for key in ("left", "top", "width", "height"))
    runs = [int(part) for part in value["rle"].split(",")]
    if min(runs) < 0 or sum(runs) != width * height:
        raise ValueError(f"run lengths of {label!r} do not fill its {width} x {height} px")
    return _bitmap(label, np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width), left, top)


def _ellipse(label: str, given: Sequence[float], theta: float = 0.0) -> Mapping[str, Any]:
    """Return the pixels whose centres are in an ellipse: its centre and radii in pixels, turned by radians."""
    x, y, across, down = given
    reach = int(max(across, down)) + 1
    if min(across, down) <= 0 or reach > _FARTHEST or max(abs(x), abs(y)) > _FARTHEST:
        raise ValueError(f"an ellipse {label!r} has no radii, or is far from the image")
    left, top = int(x) - reach, int(y) - reach
    rows, columns = np.ogrid[top : top + 2 * reach + 2, left : left + 2 * reach + 2]
    along = (columns - x) * np.cos(theta) + (rows - y) * np.sin(theta)
    off = (rows - y) * np.cos(theta) - (columns - x) * np.sin(theta)
    return _bitmap(label, (along / across) ** 2 + (off / down) ** 2 <= 1, left, top)


def _bitmap(label: str, pixels: NDArray[np.bool_], left: int, top: int) -> Mapping[str, Any]:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    corners = [[left, top], [left + pixels.shape[1] - 1, top + pixels.shape[0] - 1]]
    return {**_shape(label, "mask", corners), "mask": base64.b64encode(stream.getvalue()).decode()}


def _shape(label: str, kind: str, points: Sequence[Sequence[float]]) -> dict[str, Any]:
    return {"label": label, "shape_type": kind, "points": points}
