"""Polygons of regions as GeoJSON, RFC 7946, by rasterio."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.optional_module import optional_module
from segcli.disk import write_text
from segcli.predict.savers.base import Image
from segcli.predict.savers.collected import LabelMapSaver

_WGS84 = "EPSG:4326"


class GeoJson(LabelMapSaver):
    """``NAME.geojson``: a polygon for each region of a class, connected over edges, with its holes.

    Properties are ``class``, its index, ``name`` and ``area_px``. Coordinates are longitude and latitude where the
    image has a coordinate reference system, as the standard asks; those of its transform where it has that alone; else
    columns and rows of pixels' corners. Of several labels per pixel every class has regions of its own.

    Raises:
        segcli.sample.DataError: If rasterio is not installed.
    """

    name = "geojson"

    def save(self, image: Image, labels: NDArray[np.uint8]) -> Path:
        """Write the polygons of one image."""
        path = self.told.folder / f"{image.name}.geojson"
        features: Any = optional_module("rasterio.features", "geo", path)
        found = []
        for at, mask, values in self._maps(labels):
            for shape, value in features.shapes(values, mask=mask, connectivity=4):
                index = int(value) if at is None else at
                area = features_area(shape)
                found.append(
                    {
                        "type": "Feature",
                        "properties": {"class": index, "name": self.told.classes[index], "area_px": area},
                        "geometry": self._placed(shape, image),
                    }
                )
        write_text(path, json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False))
        return path

    def _maps(
        self, labels: NDArray[np.uint8]
    ) -> Iterator[tuple[int | None, NDArray[np.bool_] | None, NDArray[np.uint8]]]:
        """Yield the class, None where values are classes, where there are regions, and the values."""
        if not self.told.kind.multilabel:
            yield None, None, labels
            return
        for at, mask in enumerate(labels):
            yield at, mask == 1, mask

    def _placed(self, shape: dict[str, Any], image: Image) -> dict[str, Any]:
        if image.place is None:
            return shape
        a, b, c, d, e, f = image.place.transform[:6]
        rings = [[[a * x + b * y + c, d * x + e * y + f] for x, y in ring] for ring in shape["coordinates"]]
        placed = {"type": "Polygon", "coordinates": rings}
        if image.place.crs is None:
            return placed
        warp: Any = optional_module("rasterio.warp", "geo", self.told.folder)
        return json.loads(json.dumps(warp.transform_geom(image.place.crs, _WGS84, placed)))


def features_area(shape: dict[str, Any]) -> int:
    """Return the pixels of a polygon whose corners are those of pixels, by Gauss's formula; holes do not count."""
    outer, *holes = (abs(_signed(ring)) for ring in shape["coordinates"])
    return round(outer - sum(holes))


def _signed(ring: list[tuple[float, float]]) -> float:
    points = np.asarray(ring, np.float64)
    x, y = points.T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)
