from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segcli.suggest import picture
from segcli.suggest.measure import Measurer
from segcli.suggest.picture import suggestions_grid
from segcli.suggest.suggestions import Suggestion

Written = Callable[..., list[Path]]


def _chosen(files: list[Path]) -> list[Suggestion]:
    return [Suggestion(rank, file, "", 0.5, None) for rank, file in enumerate(files, start=1)]


def test_image_prediction_and_uncertainty_stand_side_by_side(measurer: Measurer, written: Written) -> None:
    files = written(["a.png", "b.png", "c.png"], (60, 150))
    found = suggestions_grid(_chosen(files), measurer)
    assert found.dtype == np.uint8
    assert found.shape[1] > 2 * 3 * 150
    image = measurer.predictor.read([files[0]])
    rows = [at for at in range(found.shape[0] - 60) if np.array_equal(found[at : at + 60, :150], image)]
    assert len(rows) == 1
    beside = found[rows[0] : rows[0] + 60, 152 * 2 : 152 * 2 + 150]
    brightest = np.unravel_index(beside.sum(axis=2).argmax(), (60, 150))
    unsure = measurer.look(files[0]).uncertainty
    assert unsure[brightest] > np.quantile(unsure, 0.99)


def test_many_and_large_images_make_no_large_picture(
    measurer: Measurer, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "MOST", 2)
    monkeypatch.setattr(picture, "LONGEST_PX", 60)
    files = written([f"{'long name ' * 9}{at}.png" for at in range(5)], (90, 120))
    found = suggestions_grid(_chosen(files), measurer)
    assert found.shape[0] < 200
    assert found.shape[1] < 2 * 400
