"""The model of an exported file, as it is applied to images."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from segcli.datasets.image_file import ImageMode
from segcli.export.exported_model import ExportedModel
from segcli.predict.predictor import Images, Predictor, PredictorError, Probabilities
from segcli.task_kind import KINDS, TaskName

LABELS, PROBABILITIES = "labels", "probabilities"


class FilePredictor(Predictor):
    """Run an exported file, on the processor.

    Args:
        model: The file, opened.
        name: Of it.

    Attributes:
        inference: What its experiment sets of ``inference``, thresholds included, which are in the file.
    """

    def __init__(self, model: ExportedModel, name: str) -> None:
        told = model.description
        self._model, self.name = model, name
        self.classes, self.kind = tuple(told.classes), KINDS[cast(TaskName, told.task)]
        self.palette = np.array([[*bytes.fromhex(colour[1:])] for colour in told.colours], np.uint8)
        self.image_mode = cast(ImageMode, told.image_mode)
        self.dtype, self.channels = told.dtype, told.channels
        self.thresholds = None if told.thresholds is None else tuple(told.thresholds)
        self.inference = {**told.inference, **self._threshold()}
        self.size = None if told.size is None else (told.size[0], told.size[1])

    def labels(self, images: Images) -> NDArray[np.uint8]:
        """Return the labels that the file decides on."""
        return self._run(images, LABELS).astype(np.uint8, copy=False)

    def probabilities(self, images: Images) -> Probabilities:
        """Return the probabilities that the file returns beside labels.

        Raises:
            PredictorError: If it returns labels only.
        """
        if PROBABILITIES not in self._model.description.outputs:
            raise PredictorError(
                f"{self.name} returns labels only; export it with --probabilities for tiles, test-time augmentation, "
                "thresholds, confidence and ensembles"
            )
        return self._run(images, PROBABILITIES).astype(np.float32, copy=False)

    def _threshold(self) -> dict[str, Any]:
        """Return the thresholds as an experiment has them."""
        if self.thresholds is None:
            return {}
        if not self.kind.multilabel:
            return {"threshold": self.thresholds[0]}
        return {"threshold": dict(zip(self.classes, self.thresholds, strict=True))}

    def _run(self, images: Images, output: str) -> NDArray[np.generic]:
        """Return one output of a batch; of a file that takes one image at a time, one by one."""
        self.require(images)
        images = np.ascontiguousarray(images)
        if self._model.description.any_batch:
            return np.asarray(self._model.run(images)[output])
        return np.concatenate([self._model.run(image[None])[output] for image in images])
