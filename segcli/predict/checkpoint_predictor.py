"""The model of a checkpoint, as it is applied to images."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcli.predict.predictor import Images, Predictor, Probabilities
from segcli.segmenter import Segmenter

_AUTOCAST = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


class CheckpointPredictor(Predictor):
    """Run a model with PyTorch.

    Args:
        segmenter: The model; it is moved to ``device`` and put into evaluation mode.
        palette: ``(K, 3)`` uint8 RGB colours of its classes.
        name: The file of the checkpoint.
        device: Where to compute.
        precision: Value of ``trainer.precision``; what it casts is cast here, too.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        palette: NDArray[np.uint8],
        name: str,
        device: str = "cpu",
        precision: str | int | None = None,
    ) -> None:
        self.segmenter, self.palette, self.name, self.device = segmenter.to(device).eval(), palette, name, device
        self.classes, self.kind, self.image_mode = segmenter.classes, segmenter.kind, segmenter.reads_as
        self.dtype, self.thresholds = segmenter.image_dtype, segmenter.thresholds
        self.channels, self.multiple = segmenter.backbone.in_channels, segmenter.backbone.size_multiple
        self._cast = _AUTOCAST.get(str(precision))

    def labels(self, images: Images) -> NDArray[np.uint8]:
        """Decide as :meth:`segcli.segmenter.Segmenter.decide` does."""
        return self._run(images, self.segmenter.decide)

    def probabilities(self, images: Images) -> Probabilities:
        """Return the probabilities of the model's logits."""
        return self._run(images, self.kind.probabilities)

    def _run(self, images: Images, of_logits: Callable[[Tensor], Tensor]) -> NDArray[Any]:
        self.require(images)
        pixels = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).to(self.device)
        with torch.inference_mode():
            with self._autocast():
                logits = self.segmenter(pixels)
            return of_logits(logits).cpu().numpy()

    def _autocast(self) -> AbstractContextManager[object]:
        if self._cast is None:
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, dtype=self._cast)
