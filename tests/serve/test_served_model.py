import numpy as np
import pytest

from segcli.inference.inference_settings import InferenceSettings
from segcli.predict.predictor import PredictorError
from segcli.serve.limits import Limits
from segcli.serve.request_error import RequestError
from segcli.serve.served_model import ServedModel
from segcli.serve.wish import JSON, PNG, Wish
from segcli.task_kind import TaskName
from tests.serve.conftest import Brightest, encoded, photo


def _served(predictor: Brightest, trained: tuple[str, ...] = (), **settings: object) -> ServedModel:
    return ServedModel(predictor, InferenceSettings(**settings), trained, {}, Limits())  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_every_task_is_answered(task: TaskName) -> None:
    served = _served(Brightest(task))
    answer = served.answer(encoded(photo()), Wish(JSON, confidence=True))
    assert answer.form == JSON
    assert served.about()["task"] == task
    assert len(served.about()["classes"]) == len(served.predictor.classes)


def test_what_is_wrong_shows_at_the_start() -> None:
    predictor = Brightest()
    predictor.fault = PredictorError("broken")
    with pytest.raises(PredictorError, match="broken"):
        _served(predictor)
    with pytest.raises(ValueError, match="threshold"):
        _served(Brightest(), threshold=0.4)
    with pytest.raises(PredictorError, match=r"labels only.*--probabilities"):
        _served(Brightest(is_sure=False), tta=["hflip"])


def test_the_experiment_decides_on_tiles_and_large_images_get_some() -> None:
    assert _served(Brightest(), tile=256).about()["inference"] == {"tile": 256}
    assert _served(Brightest()).about()["inference"] == {"tile": "auto"}
    assert _served(Brightest(is_sure=False)).about()["inference"] == {}


def test_a_model_of_one_size_tells_it() -> None:
    predictor = Brightest()
    predictor.size = (40, 60)
    served = _served(predictor)
    assert served.about()["size"] == (40, 60)
    assert served.answer(encoded(photo()), Wish(PNG)).headers["X-Segcli-Size"] == "40x60"
    with pytest.raises(RequestError, match="takes 40x60 only") as caught:
        served.answer(encoded(photo(41)), Wish(PNG))
    assert caught.value.status == 400


def test_views_of_a_request_replace_those_of_the_experiment() -> None:
    seen = []

    class Watched(Brightest):
        def probabilities(self, images: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
            seen.append(images.shape)
            return super().probabilities(images)

    served = _served(Watched(), tta=["hflip"])
    for views, times in ((None, 2), ((), 0), (("hflip", "vflip"), 3)):
        seen.clear()
        served.answer(encoded(photo()), Wish(PNG, tta=views))
        assert len(seen) == times or (views and len(seen) > 2)
