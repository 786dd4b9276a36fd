from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segcli.export.exported_model import ExportedModel
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.ensemble import Ensemble
from segcli.predict.file_predictor import FilePredictor
from segcli.predict.predictor import PredictorError
from segcli.suggest import measure
from segcli.suggest.measure import Measured, Measurer, Skipped
from segcli.suggest.uncertainty import uncertainty_map

Written = Callable[..., list[Path]]


def test_an_image_is_as_unsure_as_its_pixels(measurer: Measurer, written: Written) -> None:
    (file,) = written(["a.png"], (33, 47))
    (found,) = measurer.measured([file])
    assert isinstance(found, Measured)
    probabilities = measurer.predictor.probabilities(measurer.predictor.read([file])[None])[0]
    assert found.uncertainty == pytest.approx(float(uncertainty_map(probabilities, False).mean()), rel=1e-6)
    assert np.linalg.norm(found.features) == pytest.approx(1, abs=1e-6)
    assert not found.is_reduced


def test_what_is_at_fault_is_skipped_and_the_rest_is_not(measurer: Measurer, written: Written, tmp_path: Path) -> None:
    good = written(["a.png", "b.png"])
    (tmp_path / "bad.png").write_bytes(good[0].read_bytes()[:-30])
    files, seen = [good[0], tmp_path / "bad.png", tmp_path / "gone.png", good[1]], []
    found = list(measurer.measured(files, lambda: seen.append(1)))
    assert [type(each) for each in found] == [Measured, Skipped, Skipped, Measured]
    assert len(seen) == 4
    reasons = [each.reason for each in found if isinstance(each, Skipped)]
    assert reasons[0].startswith("cannot be read as an image (it is cut off)")
    assert "cannot be read" in reasons[1]


def test_large_images_are_looked_at_smaller(
    measurer: Measurer, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = written(["a.png"], (80, 120))
    monkeypatch.setattr(measure, "MOST_PIXELS", 2400)
    found = measurer.look(files[0])
    assert (found.image.shape, found.image.dtype, found.uncertainty.shape) == ((40, 60, 3), np.uint8, (40, 60))
    assert found.is_reduced
    whole = measurer.predictor.read(files).astype(float)
    blocks = whole.reshape(40, 2, 60, 2, 3).mean(axis=(1, 3))
    assert np.abs(found.image - blocks).mean() < 16
    (small,) = measurer.measured(files)
    assert isinstance(small, Measured)
    assert small.is_reduced


def test_several_models_average_and_the_first_has_the_features(
    measurer: Measurer, predictor: CheckpointPredictor, written: Written
) -> None:
    files = written(["a.png"])
    (one,), (two,) = measurer.measured(files), Measurer(Ensemble([predictor, predictor])).measured(files)
    assert isinstance(one, Measured)
    assert isinstance(two, Measured)
    assert two.uncertainty == pytest.approx(one.uncertainty, rel=1e-5)
    assert np.array_equal(one.features, two.features)


@pytest.mark.parametrize("is_ensemble", [False, True])
def test_an_exported_file_has_no_features(exported: object, predictor: CheckpointPredictor, is_ensemble: bool) -> None:
    from segcli.export.formats import open_exported

    model: ExportedModel = open_exported(exported.path, 1)  # type: ignore[attr-defined]
    file = FilePredictor(model, "model.onnx")
    with pytest.raises(PredictorError, match=r"model\.onnx is an exported file, which returns no features"):
        Measurer(Ensemble([file, predictor]) if is_ensemble else file)
