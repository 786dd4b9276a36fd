import pytest
import segmentation_models_pytorch as smp
import torch

from segcli.decoders.manet import MANet
from tests.decoders.reference import copy_from_smp, pyramid, specs

LEVELS = specs(8, 12, 16, 20, 24)


def test_equals_the_reference_with_its_weights_but_for_attention_between_positions() -> None:
    torch.manual_seed(0)
    widths = [30, 24, 20, 16, 10]
    channels = [3, *(f.channels for f in LEVELS)]
    reference = smp.decoders.manet.decoder.MAnetDecoder(channels, widths, reduction=4, pab_channels=6).eval()
    decoder = MANet(LEVELS, channels=widths, attention_width=6, reduction=4).eval()
    copy_from_smp(reference, decoder)
    maps = pyramid(LEVELS, 64, 96)

    expected = reference([torch.empty(1, 3, 64, 96), *maps])

    torch.testing.assert_close(decoder.attend.query.weight, reference.center.center_conv.weight)
    assert (decoder(maps) - expected).abs().max() > 1e-3
    decoder.attend = reference.center
    torch.testing.assert_close(decoder(maps), expected, atol=1e-5, rtol=1e-5)


def test_every_position_gets_the_values_of_those_like_it() -> None:
    torch.manual_seed(0)
    attend = MANet(LEVELS, attention_width=6).attend
    x = torch.randn(2, 24, 3, 4)
    query, key, value = (conv(x) for conv in (attend.query, attend.key, attend.value))
    attended = torch.zeros_like(x)
    for row in range(3):
        for column in range(4):
            alike = torch.einsum("bc,bchw->bhw", query[..., row, column], key)
            weights = alike.flatten(1).softmax(1).view(alike.shape)
            attended[..., row, column] = torch.einsum("bhw,bchw->bc", weights, value)

    torch.testing.assert_close(attend(x), attend.out(x + attended), atol=1e-5, rtol=1e-5)


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"MANet got 3 channels, expected 5"):
        MANet(LEVELS, channels=[64, 32, 16])
