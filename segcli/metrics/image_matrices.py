"""Every image's counts during an evaluation, kept small and gathered from all ranks at its end."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segcli.processes import process_group

Part = tuple[list[str], NDArray[np.int64], NDArray[np.int64]]


class ImageMatrices:
    """Collect the cells of confusion matrices that are not zero, on the CPU.

    Attributes:
        names: The images so far.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._cells: list[NDArray[np.int64]] = []
        self._counts: list[NDArray[np.int64]] = []

    def update(self, names: Sequence[str], matrices: Tensor) -> None:
        """Add a batch.

        Args:
            names: Of its images, B.
            matrices: ``(B, ...)`` int64, one per image.
        """
        flat = matrices.flatten(1)
        places = flat.nonzero()
        counts = flat[places[:, 0], places[:, 1]]
        places[:, 0] += len(self.names)
        self._cells.append(places.cpu().numpy())
        self._counts.append(counts.cpu().numpy())
        self.names.extend(names)

    def gathered(self) -> Part:
        """Return the images of all ranks; with several, all of them have to call this.

        Returns:
            Names, N; ``(M, 2)`` position of the image and of the cell in its flattened counts; ``(M,)`` counts.
        """
        own = self.names, _joined(self._cells, (0, 2)), _joined(self._counts, (0,))
        group = process_group()
        if group is None:
            return own
        parts: list[Part] = [own] * group.get_world_size()
        group.all_gather_object(parts, own)
        return _merged(parts)

    def reset(self) -> None:
        """Forget everything added."""
        self.names, self._cells, self._counts = [], [], []


def _joined(arrays: list[NDArray[np.int64]], empty: tuple[int, ...]) -> NDArray[np.int64]:
    return np.concatenate(arrays) if arrays else np.zeros(empty, np.int64)


def _merged(parts: Sequence[Part]) -> Part:
    names = [name for part, _, _ in parts for name in part]
    begins = np.cumsum([0, *(len(part) for part, _, _ in parts)])
    cells = [places + np.array([begin, 0]) for begin, (_, places, _) in zip(begins[:-1], parts, strict=True)]
    return names, np.concatenate(cells), np.concatenate([counts for _, _, counts in parts])


def image_ious(matrices: Tensor) -> Tensor:
    """Return the mIoU of every image by itself, ``(B,)`` float64; NaN for an image without a pixel that counts.

    Args:
        matrices: ``(B, K, K)`` counts, truth by prediction, or ``(B, K, 2, 2)`` by class of a multilabel task.
    """
    matrices = matrices.cpu()  # Apple's GPUs have no float64
    if matrices.ndim == 4:
        right, truth, predicted = matrices[:, :, 1, 1], matrices[:, :, 1].sum(2), matrices[:, :, :, 1].sum(2)
    else:
        right, truth, predicted = matrices.diagonal(dim1=1, dim2=2), matrices.sum(2), matrices.sum(1)
    return (right.double() / (truth + predicted - right)).nanmean(dim=1)
