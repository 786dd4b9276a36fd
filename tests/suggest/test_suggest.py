from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segcli.sample import DataError
from segcli.suggest.labelled import Labelled, labelled_folder
from segcli.suggest.measure import Measured, Measurer
from segcli.suggest.suggest import suggest

Written = Callable[..., list[Path]]


def test_ranks_are_the_same_in_every_run_and_masks_have_names(
    measurer: Measurer, written: Written, tmp_path: Path
) -> None:
    written(["pool/x/a.png", "pool/y/a.png", "pool/b.png", "pool/c.jpg"])
    (tmp_path / "pool" / "bad.png").write_bytes(b"no image")
    found = suggest(tmp_path / "pool", 3, measurer, Labelled())
    assert found.chosen == suggest(tmp_path / "pool", 3, measurer, Labelled()).chosen
    assert [each.rank for each in found.chosen] == [1, 2, 3]
    assert (found.ranked, found.centres, len(found.skipped)) == (4, 0, 1)
    most = max(each.uncertainty for each in measurer.measured(found.pool.files[1:]) if isinstance(each, Measured))
    assert found.chosen[0].uncertainty == pytest.approx(most)
    masks = suggest(tmp_path / "pool", 9, measurer, Labelled()).chosen
    assert sorted(each.mask for each in masks) == ["masks/b.png", "masks/c.png", "masks/x/a.png", "masks/y/a.png"]


def test_labelled_images_are_left_out_and_are_centres(measurer: Measurer, written: Written, tmp_path: Path) -> None:
    files = written(["pool/a.png", "pool/b.png", "data/c.png"])
    (tmp_path / "data" / "same.png").write_bytes(files[0].read_bytes())
    found = suggest(tmp_path / "pool", 5, measurer, labelled_folder(tmp_path / "data", "RGB"))
    assert [each.image.name for each in found.chosen] == ["b.png"]
    assert found.centres == 2
    features = [measurer.features(measurer.predictor.read([file])) for file in files]
    distances = [np.linalg.norm(features[1] - features[at]) for at in (0, 2)]
    assert found.chosen[0].distance == pytest.approx(min(distances), abs=1e-4)


def test_nothing_to_suggest_is_told(measurer: Measurer, written: Written, tmp_path: Path) -> None:
    written(["pool/a.png"])
    with pytest.raises(DataError, match=r"pool has no image that is not labelled: all 1 are in the data"):
        suggest(tmp_path / "pool", 5, measurer, labelled_folder(tmp_path / "pool", "RGB"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"bad has no image that can be read: .*x\.png is skipped, cannot be read"):
        suggest(tmp_path / "bad", 5, measurer, Labelled())
