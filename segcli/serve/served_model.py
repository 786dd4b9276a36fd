"""The model that is served: from the bytes of an image to the bytes of an answer, in one thread."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from segcli.inference.inference import Inference
from segcli.inference.inference_settings import InferenceSettings
from segcli.inference.picture import as_picture
from segcli.predict.apply import predict_image
from segcli.predict.predictor import Images, Predictor, PredictorError
from segcli.sample import is_out_of_memory
from segcli.serve.answer import answer_json, index_png
from segcli.serve.limits import Limits
from segcli.serve.request_error import RequestError
from segcli.serve.request_image import FORMATS, read_request_image
from segcli.serve.wish import PNG, VIEWS, Wish

_SIDE = 64
"""Height and width in pixels of the image that is predicted at the start, where the model takes any."""


class Answer(NamedTuple):
    """What is sent.

    Attributes:
        content: The body.
        form: Its media type.
        headers: That tell of it.
    """

    content: bytes
    form: str
    headers: dict[str, str]


class ServedModel:
    """Answer requests by a model. Not for several threads at once.

    An experiment that says nothing of tiles gets some for images of more than 4 million pixels.

    Args:
        predictor: The model.
        settings: Of ``inference``, as its experiment has them.
        trained: Names of the transforms of its training.
        hashes: Names and sha256 of its files.
        limits: Of requests.

    Attributes:
        has_probabilities: Whether confidence, tiles and test-time augmentation are to be had.

    Raises:
        PredictorError: If the model cannot do what the settings say, or predict at all.
        ValueError: If the settings do not fit its task.
    """

    def __init__(
        self,
        predictor: Predictor,
        settings: InferenceSettings,
        trained: Sequence[str],
        hashes: Mapping[str, str | None],
        limits: Limits,
    ) -> None:
        self.predictor, self.limits = predictor, limits
        self._settings, self._trained, self._hashes = settings, tuple(trained), hashes
        self.has_probabilities = self._warm_up()
        if not self.has_probabilities and (settings.tile is not None or settings.tta):
            raise PredictorError(
                f"{predictor.name} returns labels only, and its experiment predicts in tiles or with test-time "
                "augmentation; export it with --probabilities"
            )
        if settings.tile is None and self.has_probabilities:
            self._settings = _with(settings, tile="auto")
        self._inference(None)

    def about(self) -> dict[str, Any]:
        """Return what ``/info`` tells."""
        predictor = self.predictor
        colours = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in predictor.palette.tolist()]
        return {
            "name": predictor.name,
            "sha256": dict(self._hashes),
            "task": predictor.kind.name,
            "classes": [
                {"name": name, "colour": colour} for name, colour in zip(predictor.classes, colours, strict=True)
            ],
            "image_mode": predictor.image_mode,
            "channels": predictor.channels,
            "dtype": predictor.dtype,
            "size": predictor.size,
            "formats": FORMATS,
            "confidence": self.has_probabilities,
            "inference": self._settings.record(),
            "tta": VIEWS if self.has_probabilities else (),
            "device": predictor.device,
            "limits": self.limits.record(),
        }

    def answer(self, content: bytes, wish: Wish) -> Answer:
        """Predict an image.

        Args:
            content: Its file.
            wish: What is wanted.

        Raises:
            RequestError: If the image or the wish cannot be met.
        """
        start = time.perf_counter()
        try:
            pixels = read_request_image(content, self.predictor, self.limits.max_pixels)
            inference = self._inference(wish.tta)
            band = predict_image(self.predictor, pixels, inference, self._is_sure(wish))
        except PredictorError as error:
            raise RequestError(400, f"This cannot be done: {error}.") from None
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise RequestError(413, "The image needs more memory than the server has; send a smaller one.") from None
        milliseconds = 1000 * (time.perf_counter() - start)
        height, width = pixels.shape[:2]
        headers = {"X-Segcli-Milliseconds": f"{milliseconds:.1f}", "X-Segcli-Size": f"{height}x{width}"}
        if wish.form == PNG:
            return Answer(index_png(band.labels, self.predictor.palette), wish.form, headers)
        tiling = inference.tiling(height, width)
        about = {"milliseconds": round(milliseconds, 1), "tile": None if tiling is None else tiling.tile}
        picture = as_picture(pixels) if wish.picture else None
        sent = answer_json(band, self.predictor.classes, about, self._is_sure(wish), picture)
        return Answer(sent, wish.form, headers)

    def _is_sure(self, wish: Wish) -> bool:
        return wish.confidence and wish.form != PNG and self.has_probabilities

    def _inference(self, tta: Sequence[str] | None) -> Inference:
        settings = self._settings if tta is None else _with(self._settings, tta=list(tta))
        return Inference(settings, self.predictor.kind.name, self.predictor.classes, self._trained)

    def _warm_up(self) -> bool:
        """Predict an empty image, so that what is wrong shows at the start; return whether there are probabilities."""
        height, width = self.predictor.size or (_SIDE, _SIDE)
        height, width = (max(side, 2 * self.predictor.multiple) for side in (height, width))
        shape = (1, height, width, self.predictor.channels)
        empty: Images = np.zeros(shape, self.predictor.dtype or np.uint8)
        self.predictor.labels(empty)
        try:
            self.predictor.probabilities(empty)
        except PredictorError:
            return False
        return True


def _with(settings: InferenceSettings, **changed: object) -> InferenceSettings:
    values: dict[str, Any] = {**settings.record(), **changed}
    return InferenceSettings(**values)
