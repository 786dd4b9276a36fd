import pytest
import torch

from segcli.layers.nmf import NMF


def nmf(steps: int = 6, one_step_gradient: bool = False) -> NMF:
    torch.manual_seed(0)
    return NMF(12, rank=3, steps=steps, eval_steps=steps + 1, one_step_gradient=one_step_gradient)


def test_a_map_of_rank_1_is_found_at_once() -> None:
    layer = NMF(12, rank=1, steps=1, eval_steps=1, one_step_gradient=False)
    x = torch.einsum("bc,bhw->bchw", torch.rand(2, 12), torch.rand(2, 6, 5))

    torch.testing.assert_close(layer(x), x, atol=1e-4, rtol=1e-4)


def test_gives_no_more_than_its_rank_and_comes_nearer_with_every_step() -> None:
    x = torch.rand(2, 12, 6, 5)
    errors = []
    for steps in (1, 3, 9):
        low = nmf(steps)(x)
        assert (low >= 0).all()
        assert (torch.linalg.matrix_rank(low.flatten(2)) <= 3).all()
        errors.append((low - x).square().mean())

    assert errors[0] > errors[1] > errors[2]


def test_evaluation_has_its_own_number_of_steps_and_starts_from_the_same_bases() -> None:
    layer, x = nmf(steps=2), torch.rand(2, 12, 6, 5)

    torch.testing.assert_close(layer.eval()(x), nmf(steps=3)(x))
    assert "bases" in layer.state_dict()


@pytest.mark.parametrize("one_step_gradient", [True, False])
def test_the_gradient_is_of_the_last_step_or_of_all(one_step_gradient: bool) -> None:
    layer = nmf(one_step_gradient=one_step_gradient)
    x = torch.rand(1, 12, 4, 4, requires_grad=True)

    y = layer(x)
    y[0, :, 0, 0].sum().backward()

    assert (x.grad[..., 0, 0] != 0).all()
    assert (x.grad[..., 1:, 1:] == 0).all() == one_step_gradient  # other pixels act through the bases alone
    torch.testing.assert_close(y, nmf()(x))


def test_computes_in_float32_under_autocast_too_and_on_a_map_of_zeros() -> None:
    layer, x = nmf(), torch.rand(1, 12, 4, 4)
    expected = layer(x)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(layer(x), expected)
    assert (layer(torch.zeros(1, 12, 4, 4)) == 0).all()
