"""Outlines and bitmaps that annotation tools store of an image.

Formats: LabelMe (``shapes``: polygon, rectangle, circle, mask), Supervisely (``objects``: polygon with holes,
rectangle, bitmap), YOLO (a line for each object: class number, then x and y of every corner as shares of width and
height) and COCO (``annotations``: polygons and run lengths, which its own library draws; crowds).
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_masks

from segcli.config.errors import in_a_line
from segcli.datasets.raster_file import opened, read_bytes
from segcli.sample import DataError

Size = tuple[int, int]
Points = NDArray[np.float64]
_UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError)
_CORNERS = 6
"""Numbers of the smallest outline: three corners."""
_FARTHEST = 1e6
"""Of a corner from the image, in pixels: what is beyond is no place in it."""
SUFFIXES = (".json", ".txt")
"""Of files of shapes."""


@dataclass(frozen=True)
class Shape:
    """One object.

    Attributes:
        label: What the file calls it.
        draw: Returns where it is in an image of a height and width, ``(H, W)`` bool.
        is_crowd: Whether it stands for several that were not told apart, whatever its label.
    """

    label: str
    draw: Callable[[Size], NDArray[np.bool_]]
    is_crowd: bool = False


def read_shapes(path: Path, size: Size, data: bytes | None = None) -> list[Shape]:
    """Return the objects in a file, in its order; there may be none.

    Args:
        path: The file, ``.json`` or ``.txt``.
        size: Height and width of the image.
        data: Its content, where that was read already.

    Raises:
        DataError: If it cannot be read, holds none of the formats or another kind of shape, or is of an image of
            another size.
    """
    data = read_bytes(path) if data is None else data
    try:
        text = data.decode("utf-8-sig")
        found = _yolo(text) if path.suffix.lower() == ".txt" else _of_json(json.loads(text), path, size)
        return list(found)
    except DataError:
        raise
    except (*_UNREADABLE, zlib.error, binascii.Error) as error:
        raise DataError(
            f"{path} holds shapes that cannot be read ({type(error).__name__}: {in_a_line(error)}), expected those of "
            "LabelMe, Supervisely, COCO, or, in a .txt, of YOLO."
        ) from None


def polygon(points: Points, holes: Sequence[Points] = ()) -> Callable[[Size], NDArray[np.bool_]]:
    """Return what draws a polygon: pixels inside of it and on its outline, corners rounded to whole pixels.

    Args:
        points: ``(N, 2)`` corners, x and y in pixels.
        holes: Likewise; their outlines are of the polygon.
    """
    corners, inner = np.rint(points).astype(np.int32), [np.rint(hole).astype(np.int32) for hole in holes]

    def draw(size: Size) -> NDArray[np.bool_]:
        drawn = cv2.fillPoly(np.zeros(size, np.uint8), [corners], 1)
        for hole in inner:
            inside = cv2.fillPoly(np.zeros(size, np.uint8), [hole], 1)
            drawn[(cv2.polylines(inside, [hole], True, 0)) > 0] = 0
        return drawn > 0

    return draw


def bitmap(pixels: NDArray[np.bool_], x: int, y: int) -> Callable[[Size], NDArray[np.bool_]]:
    """Return what lays a bitmap into an image.

    Args:
        pixels: ``(h, w)``.
        x: Column of its left edge.
        y: Row of its upper edge.
    """

    def draw(size: Size) -> NDArray[np.bool_]:
        drawn = np.zeros(size, np.bool_)
        part = drawn[max(y, 0) : max(y + pixels.shape[0], 0), max(x, 0) : max(x + pixels.shape[1], 0)]
        part[...] = pixels[max(-y, 0) :, max(-x, 0) :][: part.shape[0], : part.shape[1]]
        return drawn

    return draw


def _of_json(content: Mapping[str, Any], path: Path, size: Size) -> Iterator[Shape]:
    if "shapes" in content:
        _require_size(content.get("imageHeight"), content.get("imageWidth"), path, size)
        return (_labelme(each, path) for each in content["shapes"])
    if "annotations" in content:
        _require_size(content["height"], content["width"], path, size)
        return (_coco(each, size) for each in content["annotations"])
    stored = content.get("size") or {}
    _require_size(stored.get("height"), stored.get("width"), path, size)
    return (_supervisely(each, path) for each in content["objects"])


def _require_size(height: object, width: object, path: Path, size: Size) -> None:
    """Refuse outlines of another picture; files need not say a size."""
    if None not in (height, width) and (height, width) != size:
        raise DataError(
            f"{path} has an image of {height} x {width} px (height x width) that is {size[0]} x {size[1]} px; its "
            "outlines are those of another picture. Correct the file, or the image."
        )


def _labelme(shape: Mapping[str, Any], path: Path) -> Shape:
    kind, points = shape.get("shape_type") or "polygon", _points(shape["points"])
    label = str(shape["label"])
    match kind:
        case "polygon" if len(points) >= 3:
            return Shape(label, polygon(points))
        case "rectangle":
            return Shape(label, polygon(_corners(points)))
        case "circle":
            return Shape(label, _circle(points[0], float(np.hypot(*(points[1] - points[0])))))
        case "mask":
            x, y = np.rint(points.min(axis=0)).astype(int)
            return Shape(label, bitmap(_png(base64.b64decode(shape["mask"], validate=True), path), int(x), int(y)))
    raise _unknown(path, label, f"{kind} of {len(points)} points")


def _supervisely(shape: Mapping[str, Any], path: Path) -> Shape:
    label, kind = str(shape["classTitle"]), shape["geometryType"]
    if kind == "bitmap":
        found, (x, y) = shape["bitmap"], shape["bitmap"]["origin"]
        png = zlib.decompress(base64.b64decode(found["data"], validate=True))
        return Shape(label, bitmap(_png(png, path), int(x), int(y)))
    points = _points(shape["points"]["exterior"])
    if kind == "rectangle":
        return Shape(label, polygon(_corners(points)))
    if kind == "polygon" and len(points) >= 3:
        return Shape(label, polygon(points, [_points(hole) for hole in shape["points"].get("interior") or ()]))
    raise _unknown(path, label, f"{kind} of {len(points)} points")


def _coco(shape: Mapping[str, Any], size: Size) -> Shape:
    found, label = shape["segmentation"], str(shape["label"])
    if isinstance(found, Mapping):
        counts = found["counts"]
        is_list = not isinstance(counts, str)
        if tuple(found["size"]) != size or (is_list and (min(counts) < 0 or sum(counts) != size[0] * size[1])):
            raise ValueError(f"run lengths of {label!r} do not fill the image")
        rle = _by_coco(label, lambda: coco_masks.frPyObjects(found, *size) if is_list else found)
    else:
        parts = [_points(np.array(part, np.float64).reshape(-1, 2)).ravel().tolist() for part in found]
        if min(map(len, parts)) < _CORNERS:
            raise ValueError(f"an outline of {label!r} has fewer than three corners")
        rle = _by_coco(label, lambda: coco_masks.merge(coco_masks.frPyObjects(parts, *size)))
    return Shape(label, lambda _size: _by_coco(label, lambda: coco_masks.decode(rle)) > 0, bool(shape.get("iscrowd")))


def _by_coco(label: str, do: Callable[[], Any]) -> Any:  # noqa: ANN401  (what the library returns)
    try:
        return do()
    except Exception as error:  # it raises that class itself
        raise ValueError(f"a segmentation of {label!r}: {in_a_line(error)}") from None


def _yolo(text: str) -> Iterator[Shape]:
    for line in filter(None, map(str.strip, text.splitlines())):
        label, *numbers = line.split()
        shares = _points(np.array([float(number) for number in numbers]).reshape(-1, 2))
        if int(label) < 0 or len(shares) < 3 or np.abs(shares).max() > 2:
            raise ValueError(f"line {line[:40]!r} is no class number with three corners or more, shares of 0 to 1")
        yield Shape(label, _scaled(shares))


def _scaled(shares: Points) -> Callable[[Size], NDArray[np.bool_]]:
    return lambda size: polygon(shares * (size[1], size[0]))(size)


def _circle(centre: Points, radius: float) -> Callable[[Size], NDArray[np.bool_]]:
    def draw(size: Size) -> NDArray[np.bool_]:
        rows, columns = np.ogrid[: size[0], : size[1]]
        return np.asarray(np.hypot(columns - centre[0], rows - centre[1]) <= radius)

    return draw


def _points(values: object) -> Points:
    points = np.array(values, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not (np.abs(points) < _FARTHEST).all():
        raise ValueError("points are no pairs of numbers near the image")
    return points


def _corners(points: Points) -> Points:
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _png(data: bytes, path: Path) -> NDArray[np.bool_]:
    """Return where a PNG inside a file is not 0: its last channel, of transparent pixels."""
    with opened(path, data) as image:
        return np.asarray(image.convert("RGBA").getchannel("A") if "A" in image.mode else image.convert("L")) > 0


def _unknown(path: Path, label: str, kind: str) -> DataError:
    return DataError(f"{path} has {label!r} as a {kind}, expected polygons, rectangles, circles or bitmaps; remove it.")
