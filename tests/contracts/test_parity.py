"""Whole networks against segmentation-models-pytorch with its weights, before the final resize."""

import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.base import Decoder
from segcli.decoders.fpn import FPN
from segcli.decoders.unet import UNet
from tests.decoders.reference import copy_by_position


@pytest.mark.parametrize(("reference", "decoder"), [(smp.FPN, FPN), (smp.Unet, UNet)])
@pytest.mark.parametrize("name", ["resnet18", "test_efficientnet"])
def test_backbone_and_decoder_equal_the_reference(
    reference: type[torch.nn.Module], decoder: type[Decoder], name: str
) -> None:
    torch.manual_seed(0)
    theirs = reference(f"tu-{name}", encoder_weights=None, classes=3).eval()
    backbone = TimmBackbone(name, pretrained=False).eval()
    head = decoder(backbone.features).eval()
    copy_by_position(theirs.encoder, backbone)
    copy_by_position(theirs.decoder, head)
    image = torch.randn(1, 3, 64, 96)

    with torch.inference_mode():
        expected = theirs.decoder(theirs.encoder(image))
        ours = head(backbone(image))

    torch.testing.assert_close(ours / expected.abs().max(), expected / expected.abs().max(), atol=1e-5, rtol=1e-5)
