"""Maps: the same numbers as transformers with the same weights; it takes long to import."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segcli.decoders.classified import Classified
from segcli.decoders.dpt import DPT
from segcli.decoders.fcn import FCN
from segcli.decoders.segformer import SegFormer
from segcli.decoders.upernet import UPerNet
from segcli.features import Features, FeatureSpec
from tests.decoders.reference import EXACT, pyramid, random_weights, renamed, specs

pytestmark = pytest.mark.slow
LEVELS = specs(4, 6, 8, 10, 12)[1:]
SIZES = [(64, 96), (65, 97)]


def load(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Load all of a state; a matrix may stand for a kernel of one pixel."""
    own = module.state_dict()
    shaped = {k: v[..., None, None] if v.ndim == 2 and own[k].ndim == 4 else v for k, v in state.items()}
    module.load_state_dict(shaped)


def randomise(*modules: nn.Module) -> None:
    """Give weights other values than they start with, and running statistics, too."""
    for module in modules:
        random_weights(module.eval())
        for name, buffer in module.named_buffers():
            if "running" in name:
                buffer.uniform_(0.5, 1.5)


def given(size: tuple[int, int]) -> tuple[list[Tensor], Features]:
    levels = pyramid(LEVELS, *size, batch=2)
    return levels, Features(levels, torch.zeros(2, 3, *size), size)


SEGFORMER = {
    **{rf"linear_projections\.{level}\.proj": f"decoder.project.{3 - level}" for level in range(4)},
    r"linear_fuse": "decoder.fuse.conv",
    r"batch_norm": "decoder.fuse.norm",
    r"classifier": "classifier",
}


@torch.no_grad()
@pytest.mark.parametrize("size", SIZES)
def test_segformer(size: tuple[int, int]) -> None:
    theirs: Any = pytest.importorskip("transformers.models.segformer.modeling_segformer")
    torch.manual_seed(0)
    config = theirs.SegformerConfig(hidden_sizes=[f.channels for f in LEVELS], decoder_hidden_size=16, num_labels=3)
    reference = theirs.SegformerDecodeHead(config)
    ours = Classified(SegFormer(LEVELS, width=16), 3)
    randomise(reference, ours)
    load(ours, renamed(reference.state_dict(), SEGFORMER))
    levels, features = given(size)

    torch.testing.assert_close(ours(features).map, reference(levels), **EXACT)


UPERNET = {
    r"psp_modules\.(\d)\.1\.conv": r"decoder.pool.0.reduce.\1.conv",
    r"psp_modules\.(\d)\.1\.batch_norm": r"decoder.pool.0.reduce.\1.norm",
    **{
        rf"{part}\.{theirs}": f"decoder.{own}.{ours}"
        for part, own in (
            ("bottleneck", "pool.1"),
            ("fpn_bottleneck", "fuse"),
            *((rf"lateral_convs\.{level}", f"laterals.{2 - level}") for level in range(3)),
            *((rf"fpn_convs\.{level}", f"smooth.{2 - level}") for level in range(3)),
        )
        for theirs, ours in (("conv", "conv"), ("batch_norm", "norm"))
    },
    r"classifier": "classifier",
}
FCN_HEAD = {
    r"convs\.(\d)\.conv": r"decoder.convolutions.\1.conv",
    r"convs\.(\d)\.batch_norm": r"decoder.convolutions.\1.norm",
    r"classifier": "classifier",
}


@torch.no_grad()
@pytest.mark.parametrize("size", SIZES)
def test_upernet_and_its_auxiliary_head(size: tuple[int, int]) -> None:
    theirs: Any = pytest.importorskip("transformers.models.upernet.modeling_upernet")
    torch.manual_seed(0)
    config = theirs.UperNetConfig(hidden_size=16, auxiliary_channels=8, auxiliary_num_convs=2, num_labels=3)
    channels = [f.channels for f in LEVELS]
    main, auxiliary = theirs.UperNetHead(config, channels), theirs.UperNetFCNHead(config, channels)
    upernet = Classified(UPerNet(LEVELS, width=16), 3)
    fcn = Classified(FCN(LEVELS, level=-2, width=8, convolutions=2), 3)
    randomise(main, auxiliary, upernet, fcn)
    load(upernet, renamed(main.state_dict(), UPERNET))
    load(fcn, renamed(auxiliary.state_dict(), FCN_HEAD))
    levels, features = given(size)

    torch.testing.assert_close(upernet(features).map, main(levels), **EXACT)
    torch.testing.assert_close(fcn(features).map, auxiliary(levels), **EXACT)


DPT_HEAD = {
    r"reassemble_stage\.readout_projects\.(\d)\.0": r"readouts.\1.project",
    r"reassemble_stage\.layers\.(\d)\.projection": r"reassemble.\1.0",
    r"reassemble_stage\.layers\.(\d)\.resize": r"reassemble.\1.1",
    r"convs\.(\d)": r"reassemble.\1.2",
    **{
        rf"fusion_stage\.layers\.(\d)\.{layer}\.{theirs}": rf"fusions.\1.{own}.steps.{ours}"
        for layer, own in (("residual_layer1", "side"), ("residual_layer2", "residual"))
        for theirs, ours in (("convolution1", 1), ("batch_norm1", 2), ("convolution2", 4), ("batch_norm2", 5))
    },
    r"fusion_stage\.layers\.(\d)\.projection": r"fusions.\1.project",
    r"head\.0": "head.0.conv",
    r"head\.1": "head.0.norm",
    r"head\.4": "head.2",
}


@torch.no_grad()
@pytest.mark.parametrize("grid", [(4, 6), (2, 2)])
def test_dpt(grid: tuple[int, int]) -> None:
    """Before the last doubling, and of even numbers of patches: of odd ones theirs makes larger maps."""
    theirs: Any = pytest.importorskip("transformers.models.dpt.modeling_dpt")
    torch.manual_seed(0)
    config = theirs.DPTConfig(
        hidden_size=24,
        neck_hidden_sizes=[8, 12, 16, 20],
        fusion_hidden_size=16,
        use_batch_norm_in_fusion_residual=True,
        num_labels=3,
    )
    neck, head = theirs.DPTNeck(config), theirs.DPTSemanticSegmentationHead(config)
    plain = [FeatureSpec(24, 16)] * 4
    ours = DPT(plain, 3, channels=[8, 12, 16, 20], width=16)
    randomise(neck, head, ours)
    unused = re.compile(r"fusion_stage\.layers\.0\.residual_layer1")
    state = {key: value for key, value in {**neck.state_dict(), **head.state_dict()}.items() if not unused.match(key)}
    load(ours, renamed(state, DPT_HEAD))
    tokens = [torch.randn(2, 1 + grid[0] * grid[1], 24) for _ in plain]
    size = 16 * grid[0], 16 * grid[1]
    levels = [each[:, 1:].transpose(1, 2).unflatten(2, grid) for each in tokens]

    expected = head.head[:-1](neck(tokens, *grid)[-1])
    found = ours(Features(levels, torch.zeros(2, 3, *size), size, prefix=[each[:, :1] for each in tokens])).map

    torch.testing.assert_close(found, expected, **EXACT)
