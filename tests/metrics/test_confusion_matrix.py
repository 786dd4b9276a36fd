import pytest
import torch
from torchmetrics.functional.classification import multiclass_confusion_matrix

from segcli.metrics.confusion_matrix import confusion_matrices
from segcli.sample import IGNORE_INDEX


def data(classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    mask = torch.randint(classes, (3, 11, 13), dtype=torch.uint8)
    mask[1, 3:6] = IGNORE_INDEX
    return torch.randint(classes, (3, 11, 13), dtype=torch.uint8), mask


@pytest.mark.parametrize("classes", [2, 12, 255])
def test_equals_torchmetrics_image_by_image(classes: int) -> None:
    labels, mask = data(classes)

    matrices = confusion_matrices(labels, mask, classes)

    assert matrices.dtype == torch.int64
    for one, label, truth in zip(matrices, labels, mask, strict=True):
        expected = multiclass_confusion_matrix(label.long(), truth.long(), classes, ignore_index=IGNORE_INDEX)
        torch.testing.assert_close(one, expected)


def test_leaves_its_arguments_alone() -> None:
    labels, mask = (x.int() for x in data(4))
    before = labels.clone(), mask.clone()

    confusion_matrices(labels, mask, 4)

    torch.testing.assert_close((labels, mask), before)


def test_rows_are_the_truth() -> None:
    matrices = confusion_matrices(torch.tensor([[[1]]]), torch.tensor([[[0]]]), 2)

    assert matrices.tolist() == [[[0, 1], [0, 0]]]


def test_no_images_give_no_matrices() -> None:
    empty = torch.zeros(0, 4, 4, dtype=torch.uint8)

    assert confusion_matrices(empty, empty, 3).shape == (0, 3, 3)


def test_values_that_are_no_class_are_named() -> None:
    labels, mask = data(4)

    with pytest.raises(ValueError, match="mask values 3, expected 0 to 2 or 255"):
        confusion_matrices(labels.clamp(max=2), mask, 3)
    with pytest.raises(ValueError, match="label 3, expected 0 to 2"):
        confusion_matrices(labels, mask, 3)


def test_shapes_must_agree() -> None:
    labels, mask = data(4)

    with pytest.raises(ValueError, match=r"\(3, 11, 12\) and a mask of shape \(3, 11, 13\)"):
        confusion_matrices(labels[..., 1:], mask, 4)
