import pytest
import torch
from torch.nn import functional as F

from segcli.losses.mask_matching import mask_costs, matched


def test_costs_are_those_of_each_pair_without_ignored_points() -> None:
    torch.manual_seed(0)
    logits, truth, weight = torch.randn(3, 20), torch.randint(2, (2, 20)).float(), torch.randint(2, (20,)).float()

    pixels, dice = mask_costs(logits, truth, weight)

    seen = weight == 1
    for q in range(3):
        for t in range(2):
            z, y = logits[q, seen], truth[t, seen]
            assert pixels[q, t].item() == pytest.approx(F.binary_cross_entropy_with_logits(z, y).item(), rel=1e-5)
            p = z.sigmoid()
            expected = 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)
            assert dice[q, t].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_cheapest_assignment_is_taken_of_each_image() -> None:
    first = torch.tensor([[1.0, 0.1], [0.0, 0.2], [5.0, 5.0]])
    second = torch.tensor([[3.0], [2.0], [4.0]])

    found = matched([first, second, torch.zeros(3, 0)], [[4, 7], [2], []])

    assert found.image.tolist() == [0, 0, 1]
    assert found.query.tolist() == [0, 1, 1]
    assert found.label.tolist() == [7, 4, 2]


def test_of_more_classes_than_queries_some_are_left_out() -> None:
    found = matched([torch.tensor([[3.0, 1.0, 2.0]])], [[0, 1, 2]])
    assert found.label.tolist() == [1]
