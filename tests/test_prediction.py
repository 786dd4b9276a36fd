import pytest
import torch

from segcli.layers.resize import resize
from segcli.prediction import DensePrediction, MaskPrediction, PointPrediction, Prediction


def test_logits_are_resized_with_the_padding_and_then_cropped() -> None:
    low = torch.randn(2, 3, 4, 6)
    prediction = DensePrediction(low, size=(32, 48))

    found = prediction.logits((30, 41))

    torch.testing.assert_close(found, resize(low, size=(32, 48))[..., :30, :41])
    assert prediction.num_outputs == 3


def test_logits_are_computed_once_for_each_size() -> None:
    prediction = DensePrediction(torch.randn(1, 2, 4, 4), size=(16, 16))

    assert prediction.logits((16, 16)) is prediction.logits((16, 16))
    assert prediction.logits((10, 16)).shape == (1, 2, 10, 16)


def test_logits_are_contiguous_and_of_full_precision() -> None:
    low = torch.randn(1, 2, 4, 4, dtype=torch.bfloat16).contiguous(memory_format=torch.channels_last)

    found = DensePrediction(low, size=(8, 8)).logits((8, 8))

    assert found.is_contiguous()
    assert found.dtype == torch.float32


def test_masks_of_queries_become_probabilities_of_classes() -> None:
    masks, classes = torch.randn(2, 4, 6, 6), torch.randn(2, 4, 4)
    found = MaskPrediction(masks, classes, size=(6, 6)).logits((6, 5)).softmax(dim=1)

    p = torch.einsum("bqk,bqhw->bkhw", classes.softmax(-1)[..., :3], masks.sigmoid())
    torch.testing.assert_close(found, (p / p.sum(1, keepdim=True))[..., :5])


def test_masks_of_one_class_become_its_logit() -> None:
    masks, classes = torch.randn(1, 4, 6, 6), torch.randn(1, 4, 2)
    found = MaskPrediction(masks, classes, size=(6, 6)).logits((6, 6)).sigmoid()

    background = (1 - classes.softmax(-1)[..., :1, None] * masks.sigmoid()).prod(dim=1, keepdim=True)
    torch.testing.assert_close(found, 1 - background)


def test_queries_that_are_sure_of_the_foreground_still_rank_its_pixels() -> None:
    masks = torch.linspace(1, 9, 9).view(1, 1, 3, 3).expand(1, 5, 3, 3)
    logits = MaskPrediction(masks, torch.tensor([[[4.0, 0.0]] * 5]), size=(3, 3)).logits((3, 3)).flatten()

    assert logits.isfinite().all()
    assert (logits.diff() > 0).all()


def test_queries_that_predict_nothing_give_finite_logits() -> None:
    masks, classes = torch.full((1, 2, 4, 4), -200.0), torch.zeros(1, 2, 3)
    assert MaskPrediction(masks, classes, size=(4, 4)).logits((4, 4)).isfinite().all()


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("kind", [DensePrediction, PointPrediction, MaskPrediction])
def test_mixed_precision_leaves_logits_in_float32(kind: type[Prediction], outputs: int) -> None:
    low, size = torch.randn(2, outputs, 4, 6).bfloat16(), (8, 12)
    of_points = torch.randn(2, outputs, 5).bfloat16(), torch.rand(2, 5, 2), low
    of_queries = torch.randn(2, 7, 4, 6).bfloat16() * 20, torch.randn(2, 7, outputs + 1).bfloat16() * 20
    arguments = {DensePrediction: (low,), PointPrediction: of_points, MaskPrediction: of_queries}[kind]

    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = kind(*arguments, size).logits(size)

    assert found.dtype == torch.float32
    assert found.isfinite().all()
    assert found.equal(kind(*arguments, size).logits(size))


def test_points_are_compared_with_the_pixels_they_lie_in_and_are_ignored_in_the_padding() -> None:
    values, points = torch.randn(1, 3, 3), torch.tensor([[[0.3, 0.1], [0.99, 0.99], [0.1, 0.7]]])
    mask = torch.arange(6, dtype=torch.uint8).view(1, 2, 3)
    prediction = PointPrediction(values, points, torch.zeros(1, 3, 1, 1), size=(4, 4))

    logits, labels = prediction.compared(mask)

    torch.testing.assert_close(logits, values[:, :, None])
    assert labels.tolist() == [[[1, 255, 255]]]
    _, of_classes = prediction.compared(torch.stack([mask, mask + 6, mask + 12], dim=1))
    assert of_classes.tolist() == [[[[1, 255, 255]], [[7, 255, 255]], [[13, 255, 255]]]]


def test_points_stand_in_a_map_for_the_pixels_they_lie_in() -> None:
    values, points = torch.ones(1, 2, 2), torch.tensor([[[0.3, 0.1], [0.99, 0.99]]])

    found = PointPrediction(values, points, torch.zeros(1, 2, 1, 1), size=(4, 4)).logits((4, 4))

    assert found[0, 1].nonzero().tolist() == [[0, 1], [3, 3]]


@pytest.mark.parametrize("size", [(8, 12), (5, 10)])
def test_labels_at_a_map_are_those_at_the_centres_of_its_pixels(size: tuple[int, int]) -> None:
    mask = torch.arange(size[0] * size[1], dtype=torch.uint8).view(1, *size)
    prediction = DensePrediction(torch.randn(1, 2, 2, 3), size=(8, 12))

    logits, labels = prediction.compared_at_map(mask)

    assert logits.shape == (1, 2, 2, 3)
    for i in range(2):
        for j in range(3):
            y, x = i * 4 + 2, j * 4 + 2  # a centre between pixels lies in the one below and to the right
            expected = mask[0, y, x].item() if y < size[0] and x < size[1] else 255
            assert labels[0, i, j] == expected
