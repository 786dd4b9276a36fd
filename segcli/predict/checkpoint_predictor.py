"""The model of a checkpoint, as it is applied to images."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

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

    def features(self, images: Images) -> NDArray[np.float32]:
        """Return what the backbone makes of whole images: the mean of its coarsest level over their pixels.

        Args:
            images: ``(B, H, W, C)`` in their raw value range.

        Returns:
            ``(B, C_i)`` of length 1.

        Raises:
            PredictorError: If the model is not for such images.
        """
        with torch.inference_mode():
            with self._autocast():
                coarsest = self.segmenter.extract(self._pixels(images)).levels[-1]
            found: NDArray[np.float32] = normalize(coarsest.float().mean(dim=(2, 3))).cpu().numpy()
        return found

    def _run(self, images: Images, of_logits: Callable[[Tensor], Tensor]) -> NDArray[Any]:
        with torch.inference_mode():
            with self._autocast():
                logits = self.segmenter(self._pixels(images))
            return of_logits(logits).cpu().numpy()

    def _pixels(self, images: Images) -> Tensor:
        self.require(images)
        return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).to(self.device)

    def _autocast(self) -> AbstractContextManager[object]:
        if self._cast is None:
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, dtype=self._cast)
