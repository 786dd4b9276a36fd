import pytest
import torch

from segcli.decoders.linear import Linear
from segcli.features import Features, FeatureSpec

PLAIN = [FeatureSpec(6, 16)] * 4
PYRAMID = [FeatureSpec(4, 4), FeatureSpec(5, 8), FeatureSpec(6, 16)]


def features(specs: list[FeatureSpec], has_prefix: bool = True) -> Features:
    levels = [torch.randn(2, f.channels, 64 // f.stride, 96 // f.stride) for f in specs]
    prefix = [torch.randn(2, 5, f.channels) for f in specs] if has_prefix else None
    return Features(levels, torch.empty(2, 3, 64, 96), (64, 96), prefix)


def test_it_is_one_matrix_on_the_last_level() -> None:
    head, given = Linear(PLAIN, 3).eval(), features(PLAIN)

    found = head(given).map

    matrix, bias = head.classifier.weight[:, :, 0, 0], head.classifier.bias
    expected = torch.einsum("kc,bchw->bkhw", matrix, given.levels[-1]) + bias[:, None, None]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)  # running statistics start at 0 and 1
    assert [name for name, _ in head.named_parameters()] == ["classifier.weight", "classifier.bias"]


def test_levels_and_class_tokens_are_concatenated_at_the_finest_of_them() -> None:
    given, seen = features(PYRAMID), []
    head = Linear(PYRAMID, 3, levels=2, class_token=True, dropout=0.0).eval()
    head.norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))

    assert head(given).map.shape == (2, 3, 8, 12)

    x = seen[0]
    torch.testing.assert_close(x[:, :5], given.levels[1])
    torch.testing.assert_close(x[:, 11:16], given.prefix[1][:, 0, :, None, None].expand(-1, -1, 8, 12))
    torch.testing.assert_close(x[:, 16:], given.prefix[2][:, 0, :, None, None].expand(-1, -1, 8, 12))


def test_a_class_token_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"without a class token, .* set model.decoder.class_token to false or choose"):
        Linear(PYRAMID, 3, class_token=True)(features(PYRAMID, has_prefix=False))


def test_no_level_is_an_error() -> None:
    with pytest.raises(ValueError, match="levels 0, expected at least 1"):
        Linear(PLAIN, 3, levels=0)
