"""A trained model from a run or a checkpoint."""

from pathlib import Path
from typing import TYPE_CHECKING

from segcli.api.call import Place, shown
from segcli.api.run import Run, model_of

if TYPE_CHECKING:
    from segcli.segmenter import Segmenter


def load(source: Place) -> "Segmenter":
    """Return the model of a checkpoint, on the CPU and in evaluation mode.

    Args:
        source: A checkpoint, or a run, which stands for its best one.

    Returns:
        A plain PyTorch module: ``model(images)`` gives logits, ``model.predict(image)`` class indices of an array, a
        PIL image or a file; ``model.classes`` are their names.

    Raises:
        ConfigError: If there is no such checkpoint, or it cannot be read.

    Example:
        >>> model = segcli.load("runs/quickstart/1")
        >>> mask = model.predict("image.png")  # (H, W) class indices
        >>> [model.classes[index] for index in numpy.unique(mask)]
        ['background', 'circle']
    """
    place = shown(source)
    if isinstance(source, Run) or Path(place).is_dir():
        return Run(place).load()
    return model_of(Path(place))
