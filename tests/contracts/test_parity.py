"""Whole networks against segmentation-models-pytorch, from a file that it wrote, before the final resize."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch
from safetensors.torch import save_file
from torch import Tensor

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.base import DecoderFactory, build_decoder
from segcli.decoders.deeplab_v3 import DeepLabV3
from segcli.decoders.deeplab_v3_plus import DeepLabV3Plus
from segcli.decoders.dpt import DPT
from segcli.decoders.fpn import FPN
from segcli.decoders.linknet import LinkNet
from segcli.decoders.manet import MANet
from segcli.decoders.pan import PAN
from segcli.decoders.pspnet import PSPNet
from segcli.decoders.segformer import SegFormer
from segcli.decoders.unet import UNet
from segcli.decoders.unet_plus_plus import UNetPlusPlus
from segcli.decoders.upernet import UPerNet
from segcli.inference.start_weights import StartWeights
from segcli.inference.warm_start import WarmStart, warm_start
from segcli.segmenter import Segmenter, SegmenterSettings
from tests.decoders.reference import randomise

CLASSES = ("a", "b", "c")
AS_THEY_ARE = SegmenterSettings(mean=[0.0] * 3, std=[1.0] * 3, value_range=(0.0, 1.0))
NARROW = [32, 24, 16, 12, 8]
ALIGNED = {"align_corners": True}


def taken(theirs: Any, ours: Segmenter, file: Path) -> WarmStart:  # noqa: ANN401  (smp has no types)
    """Load weights of theirs, through a file."""
    torch.manual_seed(0)
    randomise(theirs)
    if file.suffix == ".safetensors":
        save_file({name: value.contiguous() for name, value in theirs.state_dict().items()}, file)
    else:
        torch.save(theirs.state_dict(), file)
    return warm_start(ours, CLASSES, StartWeights.read(file))


def assert_equal(theirs: Any, ours: Segmenter, exact: bool = True, side: int = 64) -> None:  # noqa: ANN401  (as above)
    """Compare logits, or, where the classifier has another kernel there, the map that it sees."""
    image = torch.rand(1, 3, side, 2 * side)
    with torch.inference_mode():
        expected = theirs.decoder(theirs.encoder(image))
        found = ours.decoder(ours.extract(image).levels)
        if exact:
            expected, found = theirs.segmentation_head[0](expected), ours.classifier(found)
    assert_close(found, expected)


def assert_close(found: Tensor, expected: Tensor) -> None:
    """Compare relative to the largest value."""
    torch.testing.assert_close(found / expected.abs().max(), expected / expected.abs().max(), atol=1e-5, rtol=1e-5)


def network(name: str, decoder: DecoderFactory, **options: Any) -> Segmenter:  # noqa: ANN401  (of the backbone)
    backbone = TimmBackbone(name, pretrained=False, **options)
    return Segmenter(backbone, build_decoder(decoder, backbone.features, 3), 3, AS_THEY_ARE).eval()


@pytest.mark.parametrize(("reference", "decoder"), [(smp.FPN, FPN), (smp.Unet, UNet)])
@pytest.mark.parametrize("name", ["test_efficientnet", pytest.param("resnet18", marks=pytest.mark.slow)])
def test_backbone_and_decoder_equal_the_reference(
    reference: type[torch.nn.Module], decoder: DecoderFactory, name: str, tmp_path: Path
) -> None:
    theirs = reference(f"tu-{name}", encoder_weights=None, classes=3).eval()
    ours = network(name, decoder)

    found = taken(theirs, ours, tmp_path / "model.safetensors")

    assert len(found.taken) == len(theirs.state_dict())
    assert not found.new
    assert not found.unknown
    assert_equal(theirs, ours)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reference", "decoder", "exact"),
    [
        (
            partial(smp.UnetPlusPlus, decoder_channels=NARROW),
            partial(UNetPlusPlus, channels=NARROW, inner_width="level"),
            False,
        ),
        (smp.Linknet, partial(LinkNet, kernel_size=4), True),
        (partial(smp.PSPNet, encoder_depth=5), partial(PSPNet, kernel_size=1, **ALIGNED), False),
        (smp.DeepLabV3, partial(DeepLabV3, smooth=True, rates=[12, 24, 36]), True),
        (smp.DeepLabV3Plus, partial(DeepLabV3Plus, smooth=True, convs=1, rates=[12, 24, 36], **ALIGNED), True),
        (smp.UPerNet, partial(UPerNet, width=256, norm_levels=True), True),
        (smp.Segformer, partial(SegFormer, levels=5), True),
    ],
)
def test_other_decoders_equal_the_reference(
    reference: Callable[..., torch.nn.Module], decoder: DecoderFactory, exact: bool, tmp_path: Path
) -> None:
    theirs = reference("tu-resnet18", encoder_weights=None, classes=3).eval()
    stride = {smp.DeepLabV3: 8, smp.DeepLabV3Plus: 16}.get(type(theirs))
    ours = network("resnet18", decoder, **({"output_stride": stride} if stride else {}))

    assert not taken(theirs, ours, tmp_path / "model.pt").unknown
    assert_equal(theirs, ours, exact)


@pytest.mark.slow
def test_pan_and_manet_equal_the_reference_but_for_what_the_guide_says(tmp_path: Path) -> None:
    """The attention of MANet is another; PAN there needs a deepest level of multiples of 8 pixels."""
    theirs = smp.PAN("tu-resnet18", encoder_weights=None, encoder_output_stride=32, classes=3).eval()
    ours = network("resnet18", partial(PAN, **ALIGNED))
    assert not taken(theirs, ours, tmp_path / "pan.pt").unknown
    assert_equal(theirs, ours, exact=False, side=256)

    theirs = smp.MAnet("tu-resnet18", encoder_weights=None, decoder_channels=NARROW, classes=3).eval()
    ours = network("resnet18", partial(MANet, channels=NARROW))
    assert not taken(theirs, ours, tmp_path / "manet.pt").unknown
    ours.decoder.attend = theirs.decoder.center
    assert_equal(theirs, ours, exact=False)


@pytest.mark.slow
def test_dpt_equals_the_reference_but_for_one_unit(tmp_path: Path) -> None:
    name = "vit_tiny_patch16_224"
    widths = [8, 12, 16, 20]
    options = {"decoder_intermediate_channels": widths, "decoder_fusion_channels": 16, "dynamic_img_size": True}
    theirs = smp.DPT(f"tu-{name}", encoder_weights=None, classes=3, **options).eval()
    ours = network(name, partial(DPT, channels=widths, width=16), normalise=False)

    left = taken(theirs, ours, tmp_path / "model.safetensors").unknown

    unit = "decoder.fusion_blocks.0.residual_conv_block1."
    assert {name for name in left or () if not name.startswith(unit)} == {
        f"encoder.model.{name}" for name in ("norm.weight", "norm.bias", "head.weight", "head.bias")
    }
    theirs.decoder.fusion_blocks[0].residual_conv_block1 = torch.nn.Identity()
    image = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        expected = theirs.segmentation_head.head(theirs.decoder(*theirs.encoder(image)))
        found = ours(image, whole=True).map
    assert_close(found, expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("resnet18", "resnet18"),
        ("se_resnet50", "legacy_seresnet50"),
        ("vgg11_bn", "vgg11_bn"),
        ("timm-efficientnet-b0", "efficientnet_b0"),
        ("timm-regnetx_002", "regnetx_002"),
        ("tu-convnext_atto", "convnext_atto"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*are deprecated:DeprecationWarning")
def test_encoders_equal_the_reference(theirs: str, ours: str, tmp_path: Path) -> None:
    reference = smp.FPN(theirs, encoder_weights=None, classes=3).eval()
    model = network(ours, FPN)

    taken(reference, model, tmp_path / "model.pt")

    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        levels = zip(reference.encoder(image)[-4:], model.backbone(image)[-4:], strict=True)
        for expected, found in levels:
            torch.testing.assert_close(
                found / expected.abs().max(), expected / expected.abs().max(), atol=1e-5, rtol=1e-5
            )
