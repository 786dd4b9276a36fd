from typing import Any

import pytest
import torch
from torch import Tensor

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.features import Tail

TINY: dict[str, Any] = {"embed_dim": 32, "depth": 4, "num_heads": 2}
MODELS: dict[str, dict[str, Any]] = {
    "vit_tiny_patch16_224": TINY,
    "vit_small_patch14_reg4_dinov2": TINY,
    "vit_tiny_patch16_dinov3_qkvb": TINY,
    "eva02_tiny_patch14_224": TINY,
    "vit_small_patch16_rope_mixed_224": TINY,
}
SIZES = {14: (2, 3, 28, 42), 16: (2, 3, 32, 48)}


def pair(name: str, tail_blocks: int = 2, **options: Any) -> tuple[TimmBackbone, TimmBackbone, Tensor]:  # noqa: ANN401
    """The model as a whole, with its final norm, the same with a tail, and an image."""
    torch.manual_seed(0)
    whole = TimmBackbone(name, False, out_indices=[1, 3], normalise=True, backbone_kwargs=MODELS[name]).eval()
    tailed = TimmBackbone(name, False, backbone_kwargs=MODELS[name], tail_blocks=tail_blocks, **options).eval()
    state = {key: torch.randn_like(value) * 0.1 for key, value in whole.state_dict().items()}
    whole.load_state_dict(state)
    tailed.load_state_dict(state)
    return whole, tailed, torch.rand(SIZES[whole.size_multiple])


def tail_of(body: TimmBackbone, image: Tensor) -> Tail:
    found = body.extract(image)
    assert found.tail is not None
    return found.tail


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_without_tokens_of_its_own_a_tail_is_the_rest_of_the_model(name: str) -> None:
    whole, tailed, image = pair(name)
    expected, found = whole.extract(image), tailed.extract(image)
    assert found.tail is not None
    assert (found.tail.num_blocks, len(found.levels)) == (2, 1)

    parts = found.tail.split(found.tail())

    torch.testing.assert_close(parts.patches, expected.levels[-1], rtol=0, atol=1e-6)
    torch.testing.assert_close(tailed.model.norm(found.tail.tokens), found.tail._norm(found.tail.tokens))
    assert expected.prefix is not None
    assert found.prefix is not None
    torch.testing.assert_close(parts.prefix, expected.prefix[-1], rtol=0, atol=1e-6)
    torch.testing.assert_close(tailed.model.norm(found.prefix[0]), expected.prefix[0], rtol=0, atol=1e-6)
    assert parts.extra.shape[1] == 0


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_tokens_that_nobody_sees_change_nothing(name: str) -> None:
    _, tailed, image = pair(name)
    tail = tail_of(tailed, image)
    alone, extra = tail.split(tail()), torch.randn(2, 3, 32)
    seen: list[tuple[int, Tensor]] = []

    def mask(block: int, normed: Tensor) -> Tensor:
        seen.append((block, normed))
        count = normed.shape[1]
        attends = torch.ones(2, 1, count, count, dtype=torch.bool)
        attends[..., -3:] = False
        attends[..., -3:, -3:] = True
        return attends

    parts = tail.split(tail(extra, mask))

    torch.testing.assert_close(parts.patches, alone.patches, rtol=0, atol=1e-6)
    torch.testing.assert_close(parts.prefix, alone.prefix, rtol=0, atol=1e-6)
    assert [block for block, _ in seen] == [0, 1]
    torch.testing.assert_close(seen[0][1], tailed.model.norm(torch.cat([tail.tokens, extra], dim=1)))
    open_to_all = tail.split(tail(extra))
    assert parts.extra.shape == (2, 3, 32)
    assert not torch.allclose(open_to_all.extra, parts.extra)
    assert not torch.allclose(open_to_all.patches, alone.patches)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_dinov3_qkvb", "eva02_tiny_patch14_224"])
@torch.no_grad()
def test_appended_tokens_have_no_place(name: str) -> None:
    """As prefix tokens, which models that rotate by position leave as they are."""
    _, tailed, image = pair(name)
    tail = tail_of(tailed, image)
    extra = torch.randn(2, 3, 32)
    appended = tail.split(tail(extra))

    for block in tailed.model.blocks:
        block.attn.num_prefix_tokens += 3
    tail.tokens = torch.cat([extra, tail.tokens], dim=1)
    in_front = tail().split([3, tail.tokens.shape[1] - 3], dim=1)

    torch.testing.assert_close(appended.extra, in_front[0], rtol=0, atol=1e-6)
    torch.testing.assert_close(
        torch.cat([appended.prefix, appended.patches.flatten(2).mT], dim=1), in_front[1], rtol=0, atol=1e-6
    )


def test_a_tail_is_trained_with_the_backbone_and_keeps_less_where_that_is_asked_for() -> None:
    gradients = []
    for checkpointing in (False, True):
        _, tailed, image = pair("vit_tiny_patch16_224", gradient_checkpointing=checkpointing)
        found = tailed.train().extract(image)
        assert found.tail is not None
        (found.tail(torch.ones(2, 1, 32)).sum() + found.levels[0].sum()).backward()
        gradients.append({name: p.grad for name, p in tailed.named_parameters()})
    assert not [name for name, gradient in gradients[0].items() if gradient is None]
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, msg=name)


def test_levels_of_a_model_with_a_tail_lie_before_it() -> None:
    with torch.device("meta"):
        assert len(TimmBackbone("test_vit", False, tail_blocks=2, out_indices=[0, 3]).features) == 2
        with pytest.raises(ValueError, match="expected rising numbers from 0 to 3"):
            TimmBackbone("test_vit", False, tail_blocks=2, out_indices=[4])


@pytest.mark.parametrize(
    ("name", "tail_blocks", "message"),
    [
        ("beit_base_patch16_224", 2, "tail_blocks 2 for beit_base_patch16_224, a Beit, expected a plain transformer"),
        ("swin_tiny_patch4_window7_224", 2, "a SwinTransformer, expected"),
        ("samvit_base_patch16_224", 2, "a VisionTransformerSAM, expected"),
        ("test_resnet", 1, "a ResNet, expected"),
        ("test_vit", 6, "tail_blocks 6 for test_vit, expected 1 to 5 of its 6 blocks"),
        ("test_vit", -1, "tail_blocks -1 for test_vit, expected 1 to 5"),
    ],
)
def test_other_models_have_no_tail(name: str, tail_blocks: int, message: str) -> None:
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        TimmBackbone(name, False, tail_blocks=tail_blocks)
