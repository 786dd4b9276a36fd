"""Names of weights in segmentation-models-pytorch 0.6, and those of the same weights here: one table for each decoder.

A table maps patterns of their names to ours; what follows the pattern stays. Its encoders are timm's, or have timm's
names, and need no table.
"""

import re
from collections.abc import Callable, Collection, Mapping

Names = Mapping[str, str]


def decoder_names(decoder: str, own: Collection[str]) -> Names:
    """Return the table of a decoder, with that of its classifier; an empty one if they have no such decoder.

    Args:
        decoder: Its class.
        own: Names of weights here.
    """
    make = _DECODERS.get(decoder)
    if make is None:
        return {}
    names = {rf"decoder\.{theirs}": f"decoder.{ours}" for theirs, ours in make(own).items()}
    return names | (_DPT_CLASSIFIER if decoder == "DPT" else {r"segmentation_head\.0\.": "classifier."})


def _block(theirs: str, ours: str, conv: str = "0", norm: str = "1") -> Names:
    """Name a convolution and its normalisation."""
    return {rf"{theirs}\.{conv}\.": f"{ours}.conv.", rf"{theirs}\.{norm}\.": f"{ours}.norm."}


def _separable(theirs: str, ours: str) -> Names:
    return {rf"{theirs}\.0\.0\.": f"{ours}.depthwise.", **_block(theirs, f"{ours}.pointwise", conv=r"0\.1")}


def _twice(theirs: str, ours: str) -> Names:
    """Name the two convolutions of a block."""
    return {**_block(rf"{theirs}\.conv1", f"{ours}.0"), **_block(rf"{theirs}\.conv2", f"{ours}.1")}


def _count(own: Collection[str], module: str) -> int:
    """Return how many children a module list of the decoder has."""
    found = (re.match(rf"decoder\.{module}\.(\d+)\.", name) for name in own)
    return max((int(each[1]) + 1 for each in found if each), default=0)


def _unet(_: Collection[str]) -> Names:
    return _twice(r"blocks\.(\d+)", r"blocks.\1")


def _unet_plus_plus(own: Collection[str]) -> Names:
    places = {(int(each[1]), int(each[2])) for name in own if (each := re.match(r"decoder\.nodes\.(\d+)_(\d+)", name))}
    depth = max((row + column for row, column in places), default=0)
    names = dict(_twice(rf"blocks\.x_0_{depth}", "blocks.0"))
    for row, column in places:  # theirs counts rows from the deepest, and nodes of a row from where it ends
        layer = depth - 1 - row
        names |= _twice(rf"blocks\.x_{layer + 1 - column}_{layer}", f"nodes.{row}_{column}")
    return names


def _manet(own: Collection[str]) -> Names:
    skips = _count(own, "fuse")
    parts = {"top_conv": "key", "center_conv": "query", "bottom_conv": "value", "out_conv": "out"}
    names: dict[str, str] = {rf"center\.{theirs}\.": f"attend.{ours}." for theirs, ours in parts.items()}
    for step in range(skips):
        theirs, ours = rf"blocks\.{step}", f"fuse.{step}"
        names |= _block(rf"{theirs}\.hl_conv\.0", f"{ours}.reduce.0")
        names |= _block(rf"{theirs}\.hl_conv\.1", f"{ours}.reduce.1")
        for layer in (0, 2):
            names[rf"{theirs}\.SE_ll\.{layer + 1}\."] = f"{ours}.gate_skip.gate.{layer}."
            names[rf"{theirs}\.SE_hl\.{layer + 1}\."] = f"{ours}.gate.gate.{layer}."
        names |= _twice(theirs, f"{ours}.block")
    for step in range(_count(own, "blocks")):
        names |= _twice(rf"blocks\.{skips + step}", f"blocks.{step}")
    return names


def _linknet(_: Collection[str]) -> Names:
    theirs, ours = r"blocks\.(\d+)\.block", r"steps.\1"
    return {
        **_block(rf"{theirs}\.0", f"{ours}.reduce"),
        rf"{theirs}\.1\.": f"{ours}.enlarge.",
        **_block(rf"{theirs}\.2", f"{ours}.expand"),
    }


def _fpn(own: Collection[str]) -> Names:
    laterals = range(1, _count(own, "laterals"))
    return {
        r"p5\.": "laterals.0.",
        **{rf"p{5 - level}\.skip_conv\.": f"laterals.{level}." for level in laterals},
        r"seg_blocks\.(\d+)\.block\.(\d+)\.block\.": r"climbs.\1.steps.\2.",
    }


def _pspnet(_: Collection[str]) -> Names:
    return {**_block(r"psp\.blocks\.(\d+)\.pool\.1", r"pool.0.reduce.\1"), **_block("conv", "pool.1")}


def _pan(own: Collection[str]) -> Names:
    steps = _count(own, "climb")
    parts = {
        r"fpa\.branch1\.1": "attend.image",
        r"fpa\.mid\.0": "attend.pixel",
        r"fpa\.down1\.1": "attend.down.0",
        r"fpa\.down2\.1": "attend.down.1",
        r"fpa\.down3\.1": "attend.down.2",
        r"fpa\.down3\.2": "attend.across.0",
        r"fpa\.conv2": "attend.across.1",
        r"fpa\.conv1": "attend.across.2",
        **{rf"gau{steps - step}\.conv1\.1": f"climb.{step}.weigh" for step in range(steps)},
        **{rf"gau{steps - step}\.conv2": f"climb.{step}.reduce" for step in range(steps)},
    }
    names: dict[str, str] = {}
    for theirs, ours in parts.items():
        names |= _block(theirs, ours, "conv", "bn")
    return names


def _deeplab_v3(_: Collection[str]) -> Names:
    return {**_aspp("aspp", _block), r"conv\.": "smooth.conv.", r"bn\.": "smooth.norm."}


def _deeplab_v3_plus(_: Collection[str]) -> Names:
    return {
        **_aspp(r"aspp\.0", _separable),
        r"aspp\.1\.0\.": "smooth.depthwise.",
        r"aspp\.1\.1\.": "smooth.pointwise.conv.",
        r"aspp\.2\.": "smooth.pointwise.norm.",
        **_block("block1", "low"),
        **_separable("block2", "fuse.0"),
    }


def _aspp(theirs: str, atrous: Callable[[str, str], Names]) -> Names:
    names = {
        **_block(rf"{theirs}\.convs\.0", "aspp.local"),
        **_block(rf"{theirs}\.convs\.4", "aspp.image", "1", "2"),
        **_block(rf"{theirs}\.project", "aspp.fuse"),
    }
    for branch in range(3):
        names |= atrous(rf"{theirs}\.convs\.{branch + 1}", f"aspp.atrous.{branch}")
    return names


def _upernet(_: Collection[str]) -> Names:
    return {
        r"feature_norms\.": "norms.",
        **_block(r"psp\.blocks\.(\d+)\.1", r"pool.0.reduce.\1"),
        **_block(r"psp\.out_conv", "pool.1"),
        **_block(r"fpn_lateral_blocks\.(\d+)\.conv_norm_relu", r"laterals.\1"),
        **_block(r"fpn_conv_blocks\.(\d+)", r"smooth.\1"),
        **_block("fusion_block", "fuse"),
    }


def _segformer(_: Collection[str]) -> Names:
    return {r"mlp_stage\.(\d+)\.linear\.": r"project.\1.", **_block("fuse_stage", "fuse")}


def _dpt(_: Collection[str]) -> Names:
    units = {"residual_conv_block1": "side", "residual_conv_block2": "residual"}
    steps = {"conv_1": 1, "batch_norm_1": 2, "conv_2": 4, "batch_norm_2": 5}
    return {
        r"projection_blocks\.(\d+)\.project\.0\.": r"readouts.\1.project.",
        r"reassemble_blocks\.(\d+)\.project_to_out_channel\.": r"reassemble.\1.0.",
        r"reassemble_blocks\.(\d+)\.upsample\.": r"reassemble.\1.1.",
        r"reassemble_blocks\.(\d+)\.project_to_feature_dim\.": r"reassemble.\1.2.",
        r"fusion_blocks\.(\d+)\.project\.": r"fusions.\1.project.",
        **{
            rf"fusion_blocks\.(\d+)\.{unit}\.{step}\.": rf"fusions.\1.{own}.steps.{number}."
            for unit, own in units.items()
            for step, number in steps.items()
        },
    }


_DECODERS: Mapping[str, Callable[[Collection[str]], Names]] = {
    "UNet": _unet,
    "UNetPlusPlus": _unet_plus_plus,
    "MANet": _manet,
    "LinkNet": _linknet,
    "FPN": _fpn,
    "PSPNet": _pspnet,
    "PAN": _pan,
    "DeepLabV3": _deeplab_v3,
    "DeepLabV3Plus": _deeplab_v3_plus,
    "UPerNet": _upernet,
    "SegFormer": _segformer,
    "DPT": _dpt,
}
_DPT_CLASSIFIER = {
    r"segmentation_head\.head\.0\.": "decoder.head.0.conv.",
    r"segmentation_head\.head\.1\.": "decoder.head.0.norm.",
    r"segmentation_head\.head\.4\.": "decoder.head.2.",
}
