"""Queries and masks: the same numbers as transformers with the same weights; it takes long to import."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.eomt import EoMT
from segcli.decoders.mask2former import Mask2Former
from segcli.features import Features
from tests.decoders.reference import EXACT, pyramid, random_weights, renamed, specs

pytestmark = pytest.mark.slow


def without_separate_projections(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state in which query, key and value of a self-attention are one, as torch has them."""
    kept = {key: value for key, value in state.items() if not re.search(r"self_attn\.[qkv]_proj", key)}
    for key in state:
        if found := re.match(r"(.*self_attn)\.q_proj\.(\w+)", key):
            parts = [state[f"{found[1]}.{part}_proj.{found[2]}"] for part in "qkv"]
            kept[f"{found[1]}.in_proj_{found[2]}"] = torch.cat(parts)
    return kept


PIXELS = {
    r"level_embed$": "pixels.level_positions",
    r"input_projections\.": "pixels.inputs.",
    r"encoder\.layers\.(\d+)\.self_attn\.sampling_offsets": r"pixels.layers.\1.attention.offsets",
    r"encoder\.layers\.(\d+)\.self_attn\.attention_weights": r"pixels.layers.\1.attention.weights",
    r"encoder\.layers\.(\d+)\.self_attn\.(value|output)_proj": r"pixels.layers.\1.attention.\2",
    r"encoder\.layers\.(\d+)\.self_attn_layer_norm": r"pixels.layers.\1.norm",
    r"encoder\.layers\.(\d+)\.fc1": r"pixels.layers.\1.feedforward.0",
    r"encoder\.layers\.(\d+)\.fc2": r"pixels.layers.\1.feedforward.2",
    r"encoder\.layers\.(\d+)\.final_layer_norm": r"pixels.layers.\1.feedforward_norm",
    r"mask_projection": "pixels.mask_features",
    r"adapter_1": "pixels.lateral",
    r"layer_1": "pixels.smooth",
}
TRANSFORMER = {
    r"queries_embedder": "query_positions",
    r"queries_features": "queries",
    r"level_embed": "level_positions",
    r"decoder\.layers\.(\d+)\.self_attn\.": r"layers.\1.between.",
    r"decoder\.layers\.(\d+)\.cross_attn\.": r"layers.\1.cross.",
    r"decoder\.layers\.(\d+)\.cross_attn_layer_norm": r"layers.\1.norms.0",
    r"decoder\.layers\.(\d+)\.self_attn_layer_norm": r"layers.\1.norms.1",
    r"decoder\.layers\.(\d+)\.final_layer_norm": r"layers.\1.norms.2",
    r"decoder\.layers\.(\d+)\.fc1": r"layers.\1.feedforward.0",
    r"decoder\.layers\.(\d+)\.fc2": r"layers.\1.feedforward.2",
    r"decoder\.layernorm": "norm",
    r"decoder\.mask_predictor\.mask_embedder\.0\.0": "mask_embedding.0",
    r"decoder\.mask_predictor\.mask_embedder\.1\.0": "mask_embedding.2",
    r"decoder\.mask_predictor\.mask_embedder\.2\.0": "mask_embedding.4",
}


@pytest.mark.parametrize("size", [(64, 96), (65, 97)])
def test_mask2former(size: tuple[int, int]) -> None:
    theirs: Any = pytest.importorskip("transformers.models.mask2former.modeling_mask2former")
    torch.manual_seed(0)
    features = specs(4, 6, 8, 10, 12)[1:]
    widths: dict[str, Any] = {"feature_size": 32, "mask_feature_size": 32, "hidden_dim": 32, "num_queries": 5}
    config = theirs.Mask2FormerConfig(**widths, encoder_layers=2, decoder_layers=5)
    pixels = theirs.Mask2FormerPixelDecoder(config, feature_channels=[f.channels for f in features]).eval()
    transformer = theirs.Mask2FormerTransformerModule(in_features=32, config=config).eval()
    ours = Mask2Former(features, num_outputs=3, queries=5, width=32, layers=4, pixel_layers=2).eval()
    for module in (pixels, transformer, ours):
        random_weights(module)
    state = without_separate_projections(transformer.state_dict())
    # ours has a classifier, which theirs has elsewhere; of transformers' layers one predicts before the first
    own = {key: value for key, value in ours.state_dict().items() if key.startswith("classifier")}
    ours.load_state_dict(renamed(pixels.state_dict(), PIXELS) | renamed(state, TRANSFORMER) | own)
    levels = pyramid(features, *size, batch=2)

    with torch.no_grad():
        of_pixels = pixels(levels, return_dict=True)
        expected = transformer(of_pixels.multi_scale_features, of_pixels.mask_features)
        found = ours.train()(Features(levels, torch.zeros(2, 3, *size), size))

    masks = [each.masks for each in (*found.extra, found)]
    assert len(masks) == len(expected.masks_queries_logits) == 5
    for one, other in zip(masks, expected.masks_queries_logits, strict=True):
        torch.testing.assert_close(one, other, **EXACT)


EOMT = {
    r"query\.weight": "decoder.queries.weight",
    r"class_predictor": "decoder.classifier",
    r"mask_head\.fc1": "decoder.mask_embedding.0",
    r"mask_head\.fc2": "decoder.mask_embedding.2",
    r"mask_head\.fc3": "decoder.mask_embedding.4",
    r"upscale_block\.block\.(\d)\.conv1": r"decoder.upscale.\1.0",
    r"upscale_block\.block\.(\d)\.conv2": r"decoder.upscale.\1.2",
    r"upscale_block\.block\.(\d)\.layernorm2d": r"decoder.upscale.\1.3",
    r"embeddings\.cls_token": "backbone.model.cls_token",
    r"embeddings\.register_tokens": "backbone.model.reg_token",
    r"embeddings\.patch_embeddings\.projection": "backbone.model.patch_embed.proj",
    r"embeddings\.position_embeddings\.weight": "backbone.model.pos_embed",
    r"layers\.(\d)\.norm(\d)": r"backbone.model.blocks.\1.norm\2",
    r"layers\.(\d)\.attention\.qkv": r"backbone.model.blocks.\1.attn.qkv",
    r"layers\.(\d)\.attention\.out_proj": r"backbone.model.blocks.\1.attn.proj",
    r"layers\.(\d)\.layer_scale(\d)\.lambda1": r"backbone.model.blocks.\1.ls\2.gamma",
    r"layers\.(\d)\.mlp\.fc(\d)": r"backbone.model.blocks.\1.mlp.fc\2",
    r"layernorm\.": "backbone.model.norm.",
}


def with_one_projection(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state in which query, key and value of an attention are one, as timm has them."""
    kept = {key: value for key, value in state.items() if not re.search(r"attention\.[qkv]_proj", key)}
    for key in state:
        if found := re.match(r"(.*attention)\.q_proj\.(\w+)", key):
            kept[f"{found[1]}.qkv.{found[2]}"] = torch.cat(
                [state[f"{found[1]}.{part}_proj.{found[2]}"] for part in "qkv"]
            )
    return kept


def test_eomt() -> None:
    theirs: Any = pytest.importorskip("transformers.models.eomt.modeling_eomt")
    torch.manual_seed(0)
    config = theirs.EomtConfig(
        hidden_size=24,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        num_blocks=2,
        num_queries=5,
        num_upscale_blocks=1,
        num_labels=3,
        mlp_ratio=4,
    )
    reference = theirs.EomtForUniversalSegmentation(config).eval()
    random_weights(reference)
    reference.attn_mask_probs.zero_()  # as at the end of a training
    backbone = TimmBackbone(
        "vit_small_patch14_reg4_dinov2",
        pretrained=False,
        tail_blocks=2,
        backbone_kwargs={"embed_dim": 24, "depth": 4, "num_heads": 2, "img_size": 56},
    )
    ours = nn.ModuleDict({"backbone": backbone, "decoder": EoMT(backbone.features, 3, queries=5)}).eval()
    state = with_one_projection(reference.state_dict())
    unused = ("attn_mask_probs", "criterion.", "embeddings.mask_token", "embeddings.position_ids")
    state = renamed({key: value for key, value in state.items() if not key.startswith(unused)}, EOMT)
    state["backbone.model.pos_embed"] = state["backbone.model.pos_embed"][None]
    ours.load_state_dict(state)
    image = torch.randn(2, 3, 56, 56)

    with torch.no_grad():
        expected = reference(pixel_values=image)
        found = ours["decoder"](backbone.extract(image))

    torch.testing.assert_close(found.masks, expected.masks_queries_logits, **EXACT)
    torch.testing.assert_close(found.classes, expected.class_queries_logits, **EXACT)
