import pytest
from timm import create_model

from segcli.backbones.plain_transformer import final_norm, is_plain, levels_of, num_prefix
from segcli.features import FeatureSpec


def test_levels_of_one_stride_are_those_of_a_plain_transformer() -> None:
    assert is_plain([FeatureSpec(8, 16), FeatureSpec(8, 16)])
    assert not is_plain([FeatureSpec(8, 4), FeatureSpec(8, 8)])
    assert not is_plain([FeatureSpec(8, 4)])


@pytest.mark.parametrize(
    ("name", "norm", "prefix"),
    [
        ("test_vit", "norm", 1),
        ("test_vit2", "fc_norm", 0),  # a register, and no class token
        ("test_vit_relpos", "fc_norm", 0),
        ("test_resnet", "", 0),
    ],
)
def test_what_a_model_has(name: str, norm: str, prefix: int) -> None:
    model = create_model(name)
    assert (final_norm(model), num_prefix(model)) == (norm, prefix)


def test_levels_come_with_prefix_tokens_where_they_are_asked_for() -> None:
    import torch

    model, image = create_model("test_vit", dynamic_img_size=True).eval(), torch.rand(1, 3, 32, 48)
    with torch.inference_mode():
        alone, none = levels_of(model, image, [1, 3], norm=False, prefix=False)
        levels, prefix = levels_of(model, image, [1, 3], norm=False, prefix=True)
    assert none is None
    assert prefix is not None
    assert [tuple(tokens.shape) for tokens in prefix] == [(1, 1, 64)] * 2
    for a, b in zip(alone, levels, strict=True):
        torch.testing.assert_close(a, b)
