import pytest
import torch

from segcli.metrics.label_counts import label_counts


def test_counts_by_hand_leave_ignored_pixels_out_of_their_class_only() -> None:
    labels = torch.tensor([[[[1, 1, 0, 0]], [[0, 1, 1, 0]]]], dtype=torch.uint8)
    mask = torch.tensor([[[[1, 0, 1, 255]], [[0, 1, 1, 1]]]], dtype=torch.uint8)

    counts = label_counts(labels, mask)

    assert counts.dtype == torch.int64
    assert counts.tolist() == [[[[0, 1], [1, 1]], [[1, 0], [1, 2]]]]


def test_every_image_and_class_is_counted_by_itself() -> None:
    torch.manual_seed(0)
    labels, mask = (torch.randint(2, (3, 4, 9, 7), dtype=torch.uint8) for _ in range(2))
    mask[0, :, 2] = 255
    counts = label_counts(labels, mask)
    assert counts.shape == (3, 4, 2, 2)
    for truth in (0, 1):
        for predicted in (0, 1):
            expected = ((mask == truth) & (labels == predicted)).sum(dim=(2, 3))
            torch.testing.assert_close(counts[..., truth, predicted], expected)


def test_other_shapes_and_values_are_refused() -> None:
    labels = torch.zeros(1, 2, 4, 4, dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"a channel per class\. Masks with one class per pixel need model.task"):
        label_counts(labels, labels[:, 0])
    with pytest.raises(ValueError, match=r"a channel per class"):
        label_counts(labels[:, 0], labels[:, 0])
    with pytest.raises(ValueError, match="mask values 7"):
        label_counts(labels, labels + 7)
