import torch

from segcli.layers.full_precision import full_precision


def test_nothing_is_cast_within_it() -> None:
    x = torch.randn(2, 2)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert (x @ x).dtype == torch.bfloat16
        with full_precision(x):
            assert (x @ x).dtype == torch.float32


def test_meta_which_cannot_cast_is_left_as_it_is() -> None:
    x = torch.zeros(2, 2, device="meta")

    with full_precision(x):
        assert (x @ x).is_meta
