import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.benchmark.benchmark import Result
from segcli.benchmark.memory import Peak
from segcli.benchmark.picture import picture
from segcli.benchmark.speed import Ratio, Spread
from segcli.benchmark.variant import Choice, Variant
from segcli.predict.checkpoint_predictor import CheckpointPredictor


def result(predictor: CheckpointPredictor, name: str, speed: Ratio, differing: float = 0.0) -> Result:
    variant = Variant(name, Choice("eager", Path("best.ckpt")), predictor, "fp32", 1000)
    times = Spread(0.01, 0.009, 0.02)
    return Result(variant, times, times, speed, speed, 100.0, 0.02, Peak(None, None), differing, (0.01,))


def _drawn(content: bytes) -> tuple[tuple[int, int], int]:
    """Return the size of a picture, and how much of it is no white."""
    with Image.open(io.BytesIO(content)) as image:
        return image.size, int((np.asarray(image.convert("L")) < 250).sum())


@pytest.mark.parametrize("name", ["compiled fp32", "$x_1$ < a very long name of a variant that goes on and on"])
def test_every_variant_has_a_row_of_its_own(predictor: CheckpointPredictor, name: str) -> None:
    one = [result(predictor, "eager fp32", Ratio(1, 1, 1))]
    two = [*one, result(predictor, name, Ratio(2, 1.5, 3), 0.01)]
    (_, low), ink = _drawn(picture(one))
    (_, high), more = _drawn(picture(two))
    assert high > low
    assert more > ink


def test_an_interval_that_is_not_known_is_not_drawn(predictor: CheckpointPredictor) -> None:
    first = result(predictor, "eager fp32", Ratio(1, None, None))
    with_interval = picture([first, result(predictor, "x", Ratio(2, 0.5, 2))])
    without = picture([first, result(predictor, "x", Ratio(2, None, None))])
    assert _drawn(with_interval)[1] > _drawn(without)[1]
