import numpy as np
import torch

from segcli.metrics.confusion_matrix import confusion_matrices
from segcli.metrics.image_matrices import ImageMatrices, _merged, image_ious
from segcli.metrics.label_counts import label_counts


def _dense(images: ImageMatrices, cells: int) -> np.ndarray:
    names, places, counts = images.gathered()
    dense = np.zeros((len(names), cells), np.int64)
    dense[places[:, 0], places[:, 1]] = counts
    return dense


def test_batches_are_put_together_cell_by_cell() -> None:
    labels, mask = torch.randint(0, 3, (2, 5, 8, 8))
    whole = confusion_matrices(labels, mask, num_classes=3)
    images = ImageMatrices()
    images.update(["a", "b"], whole[:2])
    images.update(["c", "d", "e"], whole[2:])
    assert images.gathered()[0] == ["a", "b", "c", "d", "e"]
    np.testing.assert_array_equal(_dense(images, 9), whole.flatten(1).numpy())
    assert (images.gathered()[2] > 0).all()
    images.reset()
    assert _dense(images, 9).shape == (0, 9)


def test_parts_of_ranks_keep_their_images_apart() -> None:
    one = (["a", "b"], np.array([[0, 3], [1, 0]]), np.array([5, 6]))
    other = (["c"], np.array([[0, 1]]), np.array([7]))
    nothing = ([], np.zeros((0, 2), np.int64), np.zeros(0, np.int64))
    names, places, counts = _merged([one, nothing, other])
    assert names == ["a", "b", "c"]
    assert places.tolist() == [[0, 3], [1, 0], [2, 1]]
    assert counts.tolist() == [5, 6, 7]


def test_the_iou_of_an_image_is_over_its_own_classes() -> None:
    mask = torch.tensor([[[0, 0, 1, 1]], [[0, 0, 0, 0]], [[255, 255, 255, 255]]])
    labels = torch.tensor([[[0, 0, 1, 0]], [[0, 0, 0, 0]], [[0, 0, 0, 0]]])
    ious = image_ious(confusion_matrices(labels, mask, num_classes=3))
    torch.testing.assert_close(ious[:2], torch.tensor([(2 / 3 + 1 / 2) / 2, 1.0], dtype=torch.float64))
    assert ious[2].isnan()


def test_of_several_labels_every_class_is_counted_by_itself() -> None:
    mask = torch.tensor([[[[1, 1, 0, 0]], [[0, 0, 0, 0]]]])
    labels = torch.tensor([[[[1, 0, 0, 1]], [[0, 0, 0, 0]]]])
    assert image_ious(label_counts(labels, mask)).tolist() == [1 / 3]
