import numpy as np
import pytest
from PIL import Image

from segcli.inference.prediction_files import PredictionFiles
from segcli.predict.savers.labels import Labels
from segcli.predict.sources import Place
from tests.predict.savers.conftest import Case


def test_labels_are_what_predict_of_a_folder_writes(case: Case) -> None:
    written = case.saved(Labels(case.told))
    folder = case.told.folder.with_name("other")
    files = PredictionFiles(folder, case.told.palette, ["/d/x/img.jpg", "/d/y/z.jpg"], case.told.classes)
    expected = files.write("/d/x/img.jpg", case.labels)
    assert [path.relative_to(case.told.folder) for path in written] == [path.relative_to(folder) for path in expected]
    for one, other in zip(written, expected, strict=True):
        with Image.open(one) as mine, Image.open(other) as theirs:
            assert (mine.mode, mine.size) == (theirs.mode, theirs.size)
            assert (np.array(mine) == np.array(theirs)).all()
            assert (np.array(mine.convert("RGB")) == np.array(theirs.convert("RGB"))).all()


def test_images_with_a_place_have_one_too(case: Case) -> None:
    rasterio = pytest.importorskip("rasterio")
    place = Place(rasterio.crs.CRS.from_epsg(32632), rasterio.Affine(2, 0, 500_000, 0, -2, 5_000_000))
    written = case.saved(Labels(case.told), case.image(place=place))
    found = []
    for path in written:
        assert path.suffix == ".tif"
        with rasterio.open(path) as file:
            assert (file.crs, file.transform) == (place.crs, place.transform)
            found.append(file.read(1))
    assert (np.stack(found) == case.labels.reshape(-1, *case.labels.shape[-2:])).all()
