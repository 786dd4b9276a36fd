import numpy as np
from PIL import Image

from segcli.inference.picture import overlay
from segcli.predict.savers.overlays import Overlays
from tests.predict.savers.conftest import Case


def test_an_overlay_lies_over_its_image(case: Case) -> None:
    (path,) = case.saved(Overlays(case.told))
    assert path == case.told.folder / "overlays" / "x" / "img.png"
    assert (np.array(Image.open(path)) == overlay(case.pixels, case.labels, case.told.palette)).all()


def test_what_does_not_fit_into_memory_has_none(case: Case) -> None:
    assert case.saved(Overlays(case.told), case.image(is_large=True)) == []
