"""Counts of (truth, prediction) pairs where every class is a yes or no of its own."""

from torch import Tensor

from segcli.metrics.confusion_matrix import confusion_matrices


def label_counts(labels: Tensor, mask: Tensor) -> Tensor:
    """Count, image by image and class by class, on the tensors' own device.

    Args:
        labels: ``(B, K, H, W)`` integer predictions, 0 or 1.
        mask: ``(B, K, H, W)`` integer truth, 0, 1 or ``IGNORE_INDEX``, which is left out for that class and pixel.

    Returns:
        ``(B, K, 2, 2)`` int64; rows are the truth, columns the prediction, so ``[..., 1, 1]`` are true positives.

    Raises:
        ValueError: If shapes differ or are not ``(B, K, H, W)``, or a value is another.
    """
    if labels.ndim != 4 or labels.shape != mask.shape:
        raise ValueError(
            f"label_counts got labels of shape {tuple(labels.shape)} and a mask of shape {tuple(mask.shape)}, expected "
            "(B, K, H, W) twice: a channel per class. Masks with one class per pixel need model.task: multiclass."
        )
    matrices = confusion_matrices(labels.flatten(0, 1), mask.flatten(0, 1), num_classes=2)
    return matrices.view(*labels.shape[:2], 2, 2)
