"""Several models as one: the mean of their probabilities."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from segcli.inference.decision import decide
from segcli.predict.predictor import Images, Predictor, PredictorError, Probabilities


class Ensemble(Predictor):
    """Average what several models predict.

    Args:
        members: At least two, of the same classes, task and kind of images.

    Attributes:
        members: The same.

    Raises:
        PredictorError: If they differ in one of these.
    """

    def __init__(self, members: Sequence[Predictor]) -> None:
        first, *others = members
        for each in others:
            what = difference(first, each)
            if what is not None:
                raise PredictorError(f"{each.name} has other {what} than {first.name}: they do not average")
        self.members = members
        self.name = ", ".join(each.name for each in members)
        self.classes, self.palette, self.kind = first.classes, first.palette, first.kind
        self.image_mode, self.channels, self.device = first.image_mode, first.channels, first.device
        self.thresholds = first.thresholds
        self.dtype = next((each.dtype for each in members if each.dtype is not None), None)
        self.multiple = int(np.lcm.reduce([each.multiple for each in members]))
        self.size = next((each.size for each in members if each.size is not None), None)

    def labels(self, images: Images) -> NDArray[np.uint8]:
        """Decide by the mean probabilities, and the thresholds of the first."""
        return decide(torch.from_numpy(self.probabilities(images)), self.kind.multilabel, self.thresholds).numpy()

    def probabilities(self, images: Images) -> Probabilities:
        """Return the mean over the members."""
        total = self.members[0].probabilities(images).copy()
        for each in self.members[1:]:
            total += each.probabilities(images)
        return total / np.float32(len(self.members))


def difference(one: Predictor, other: Predictor) -> str | None:
    """Return in what two models differ that have to agree to stand for one; None if they are of one kind."""
    return next((what for what, of in _ALIKE.items() if of(other) != of(one)), None)


_ALIKE: Mapping[str, Callable[[Predictor], object]] = {
    "classes": lambda each: each.classes,
    "tasks (model.task)": lambda each: each.kind.name,
    "channels": lambda each: each.channels,
    "images (data.image_mode)": lambda each: each.image_mode,
}
