import json
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.predict.savers.geojson import GeoJson, features_area
from segcli.predict.sources import Place
from tests.predict.savers.conftest import HEIGHT, WIDTH, Case

rasterio = pytest.importorskip("rasterio")
pytestmark = pytest.mark.filterwarnings("ignore:Dataset has no geotransform")


def _drawn(found: dict[str, object], value: int) -> NDArray[np.uint8]:
    from rasterio.features import rasterize

    shapes = [each["geometry"] for each in found["features"] if each["properties"]["class"] == value]  # type: ignore[attr-defined]
    if not shapes:
        return np.zeros((HEIGHT, WIDTH), np.uint8)
    return np.asarray(rasterize(shapes, (HEIGHT, WIDTH), dtype="uint8"))


def test_polygons_are_drawn_back_to_the_pixel(case: Case) -> None:
    (path,) = case.saved(GeoJson(case.told))
    found = json.loads(path.read_text())
    for value, name in enumerate(case.told.classes):
        expected = case.labels[value] if case.told.kind.multilabel else (case.labels == value)
        assert (_drawn(found, value) == expected).all()
        of_class = [each["properties"] for each in found["features"] if each["properties"]["class"] == value]
        assert sum(each["area_px"] for each in of_class) == expected.sum()
        assert {each["name"] for each in of_class} <= {name}


def test_holes_are_kept() -> None:
    outer = [[0, 0], [0, 5], [5, 5], [5, 0], [0, 0]]
    hole = [[1, 1], [2, 1], [2, 3], [1, 3], [1, 1]]
    assert features_area({"coordinates": [outer, hole]}) == 23


def test_images_with_a_place_are_in_longitude_and_latitude(of_task: Callable[[str], Case]) -> None:
    case = of_task("multiclass")
    place = Place(rasterio.crs.CRS.from_epsg(32632), rasterio.Affine(2, 0, 500_000, 0, -2, 5_000_000))
    (path,) = case.saved(GeoJson(case.told), case.image(place=place))
    corners = np.concatenate(
        [np.concatenate(each["geometry"]["coordinates"]) for each in json.loads(path.read_text())["features"]]
    )
    assert corners[:, 0].min() == pytest.approx(9, abs=1e-3)  # the central meridian of zone 32
    assert 44 < corners[:, 1].min() < corners[:, 1].max() < 46


def test_a_transform_alone_places_them_in_its_units(of_task: Callable[[str], Case]) -> None:
    case = of_task("multiclass")
    place = Place(None, rasterio.Affine(2, 0, 100, 0, -2, 50))
    (path,) = case.saved(GeoJson(case.told), case.image(place=place))
    corners = np.concatenate(
        [np.concatenate(each["geometry"]["coordinates"]) for each in json.loads(path.read_text())["features"]]
    )
    assert corners.min(axis=0).tolist() == [100, 50 - 2 * HEIGHT]
    assert corners.max(axis=0).tolist() == [100 + 2 * WIDTH, 50]
