import numpy as np
import pytest

from segcli.predict.savers.probabilities import Probabilities
from segcli.predict.sources import Place
from tests.predict.savers.conftest import Case


def test_probabilities_are_those_of_the_model(case: Case) -> None:
    (path,) = case.saved(Probabilities(case.told))
    with np.load(path) as file:
        found = file["probabilities"]
    assert found.dtype == np.float16
    np.testing.assert_allclose(found, case.probabilities, atol=1e-3)


def test_images_with_a_place_have_bands(case: Case) -> None:
    rasterio = pytest.importorskip("rasterio")
    place = Place(rasterio.crs.CRS.from_epsg(32632), rasterio.Affine(2, 0, 500_000, 0, -2, 5_000_000))
    (path,) = case.saved(Probabilities(case.told), case.image(place=place))
    with rasterio.open(path) as file:
        assert (file.read() == case.probabilities).all()
        expected = case.told.classes[1:] if case.told.kind.name == "binary" else case.told.classes
        assert file.descriptions == expected
