from typing import Any

import pytest
import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.eomt import EoMT, masked_share
from segcli.features import Features
from segcli.losses.mask_classification_loss import MaskClassificationLoss
from segcli.prediction import MaskPrediction
from segcli.segmenter import Segmenter


@pytest.fixture
def backbone() -> TimmBackbone:
    torch.manual_seed(0)
    small: dict[str, Any] = {"embed_dim": 24, "depth": 4, "num_heads": 2}
    return TimmBackbone("vit_small_patch14_reg4_dinov2", pretrained=False, tail_blocks=2, backbone_kwargs=small)


def _predicted(backbone: TimmBackbone, head: EoMT, images: int = 2) -> MaskPrediction:
    return head(backbone.extract(torch.randn(images, 3, 56, 84)))


def test_it_predicts_before_each_block_and_after_the_last(backbone: TimmBackbone) -> None:
    head = EoMT(backbone.features, num_outputs=3, queries=5)
    found = _predicted(backbone, head)
    assert len(found.extra) == 2
    assert found.masks.shape == (2, 5, 8, 12)  # a patch of 14 pixels is doubled once
    assert found.classes.shape == (2, 5, 4)
    assert _predicted(backbone, head.eval()).extra == ()


def test_every_parameter_is_trained_by_its_loss(backbone: TimmBackbone) -> None:
    head, criterion = EoMT(backbone.features, num_outputs=3, queries=5), MaskClassificationLoss(points=64)
    mask = torch.randint(3, (2, 56, 84), dtype=torch.uint8)

    criterion.combine(criterion.values(criterion.sums(_predicted(backbone, head), mask))).backward()

    for name, parameter in [*head.named_parameters(), *backbone.named_parameters()]:
        assert parameter.grad is not None, name
        if not name.endswith("attn.qkv.bias"):  # that of keys moves all scores of a row alike
            assert parameter.grad.abs().sum() > 0, name


def test_a_query_sees_the_patches_of_its_mask_alone_while_it_is_masked(backbone: TimmBackbone) -> None:
    head = EoMT(backbone.features, num_outputs=3, queries=5)
    tail = backbone.extract(torch.randn(1, 3, 56, 84)).tail
    assert tail is not None
    masks = torch.full((1, 5, 8, 12), -1.0)
    masks[:, 0, :2, :2] = 1  # the first patch
    prefix = tail.tokens.shape[1] - 24

    sees = head._attention(masks, tail, torch.tensor(1.0))[0, 0]

    of_queries = sees[-5:, prefix : prefix + 24]
    assert of_queries.nonzero().tolist() == [[0, 0]]
    assert sees.sum() == sees.numel() - 5 * 24 + 1  # everything else is seen by all
    assert head._attention(masks, tail, torch.tensor(0.0)).all()


@pytest.mark.parametrize(
    ("progress", "shares"),
    [(0.0, [1, 1]), (0.25, [1, 1]), (0.375, [0.5**0.9, 1]), (0.5, [0, 1]), (0.625, [0, 0.5**0.9]), (0.75, [0, 0])],
)
def test_masks_are_annealed_block_after_block_in_equal_phases_of_the_run(progress: float, shares: list[float]) -> None:
    found = [masked_share(block, 2, torch.tensor(progress)).item() for block in range(2)]
    assert found == pytest.approx(shares, abs=1e-6)


def test_in_evaluation_all_see_all_and_two_are_equal(backbone: TimmBackbone) -> None:
    model = Segmenter(backbone, EoMT(backbone.features, 3, queries=5), 3).eval()
    image = torch.randint(256, (1, 3, 50, 71), dtype=torch.uint8)
    first, second = model(image), model(image)
    assert first.shape == (1, 3, 50, 71)
    assert torch.equal(first, second)


def test_a_backbone_that_leaves_no_blocks_is_refused() -> None:
    head = EoMT([*TimmBackbone("vit_tiny_patch16_224", pretrained=False).features], num_outputs=3)
    with pytest.raises(
        ValueError, match=r"leaves it no blocks, .*; choose one, and set model\.backbone\.tail_blocks to 3"
    ):
        head(Features([torch.zeros(1, 192, 4, 4)], torch.zeros(1, 3, 64, 64), (64, 64)))


def test_no_queries_are_refused(backbone: TimmBackbone) -> None:
    with pytest.raises(ValueError, match="queries 0, expected at least 1"):
        EoMT(backbone.features, num_outputs=3, queries=0)


def test_evaluation_asks_for_no_norms_in_between(backbone: TimmBackbone) -> None:
    body, norms = backbone.eval(), list[int]()
    head = EoMT(body.features, 3, queries=4).eval()
    features = body.extract(torch.zeros(1, 3, 28, 28))
    body.model.norm.register_forward_hook(lambda *_: norms.append(1))

    head(features)

    assert len(norms) == 1
