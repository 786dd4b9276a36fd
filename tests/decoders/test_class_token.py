import pytest
import torch

from segcli.decoders.class_token import class_tokens
from segcli.features import Features

IMAGE = torch.zeros(1, 3, 16, 16)


def test_it_is_the_first_of_each_level_s_prefix_tokens() -> None:
    prefix = [torch.randn(2, 5, 8), torch.randn(2, 5, 8)]

    found = class_tokens("DPT", Features([], IMAGE, (16, 16), prefix), "")

    torch.testing.assert_close(found, [tokens[:, 0] for tokens in prefix])


@pytest.mark.parametrize("prefix", [None, [torch.zeros(2, 0, 8)]])
def test_a_backbone_without_one_is_an_error_that_says_what_to_do(prefix: list[torch.Tensor] | None) -> None:
    with pytest.raises(ValueError, match=r"DPT got features without a class token, .*; do this or choose such"):
        class_tokens("DPT", Features([], IMAGE, (16, 16), prefix), "do this")
