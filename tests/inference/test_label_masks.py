import torch

from segcli.inference.label_masks import label_masks


def test_a_pixel_may_be_of_several_classes_or_none() -> None:
    logits = torch.tensor([[0.1, -3.0, 0.0], [7.0, -1.0, torch.nan]]).view(1, 2, 1, 3)
    masks = label_masks(logits)
    assert masks.dtype == torch.uint8
    assert masks.tolist() == [[[[1, 0, 0]], [[1, 0, 0]]]]
