from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import Tensor, nn

from segcli.backbones.base import Backbone
from segcli.datasets.image_file import read_image
from segcli.decoders.base import Decoder
from segcli.decoders.fpn import FPN
from segcli.decoders.ocrnet import OCRNet
from segcli.decoders.unet import UNet
from segcli.features import FeatureSpec
from segcli.sample import DataError
from segcli.segmenter import Segmenter, SegmenterSettings


class Pyramid(Backbone):
    """Average pools: enough of a backbone to follow values through the segmenter."""

    size_multiple = 8

    def __init__(self, in_channels: int = 3, depth: int = 3) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.features = tuple(FeatureSpec(in_channels, 2**i) for i in range(1, depth + 1))
        self.mean, self.std = (0.5,) * in_channels, (0.25,) * in_channels
        self.seen: list[Tensor] = []

    def forward(self, image: Tensor) -> list[Tensor]:
        self.seen.append(image)
        return [nn.functional.avg_pool2d(image, f.stride) for f in self.features]


def segmenter(in_channels: int = 3, depth: int = 3, **options: object) -> Segmenter:
    torch.manual_seed(0)
    body = Pyramid(in_channels, depth)
    return Segmenter(body, FPN(body.features, 16, 64), 4, SegmenterSettings.of(options))


@pytest.mark.parametrize("decoder", [FPN, UNet])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("size", [(1, 1), (8, 16), (97, 131)])
def test_logits_have_exactly_the_size_of_the_image(decoder: type, depth: int, size: tuple[int, int]) -> None:
    body = Pyramid(depth=depth)
    model = Segmenter(body, decoder(body.features), num_outputs=4).eval()

    logits = model(torch.zeros(2, 3, *size, dtype=torch.uint8))

    assert logits.shape == (2, 4, *size)
    assert logits.dtype == torch.float32


def test_normalises_by_range_mean_and_deviation_and_pads_with_zeros_after_it() -> None:
    model = segmenter(mean=[0.1, 0.2, 0.3], std=[1.0, 0.5, 2.0], value_range=(-10.0, 90.0))
    image = torch.rand(2, 3, 9, 8) * 100 - 10

    model(image)

    (seen,) = model.backbone.seen
    mean, std = (torch.tensor(v).view(-1, 1, 1) for v in ([0.1, 0.2, 0.3], [1.0, 0.5, 2.0]))
    assert seen.shape == (2, 3, 16, 8)
    torch.testing.assert_close(seen[:, :, :9], ((image + 10) / 100 - mean) / std)
    assert (seen[:, :, 9:] == 0).all()


def test_the_backbone_says_how_to_normalise_by_default() -> None:
    model = segmenter()

    model(torch.full((1, 3, 8, 8), 255, dtype=torch.uint8))

    torch.testing.assert_close(model.backbone.seen[0], torch.full((1, 3, 8, 8), 2.0))


def test_integer_and_float_images_of_one_value_give_the_same() -> None:
    model = segmenter().eval()
    image = torch.randint(256, (1, 3, 24, 24), dtype=torch.uint8)

    torch.testing.assert_close(model(image), model(image.float()))


@pytest.mark.parametrize("channels_last", [True, False])
def test_channels_last_changes_the_memory_and_not_the_values(channels_last: bool) -> None:
    model, other = segmenter(channels_last=channels_last).eval(), segmenter(channels_last=False).eval()
    other.load_state_dict(model.state_dict())
    image = torch.randint(256, (1, 3, 24, 40), dtype=torch.uint8)

    logits = model(image)

    assert model.backbone.seen[0].is_contiguous(memory_format=torch.channels_last) == channels_last
    assert logits.is_contiguous()
    torch.testing.assert_close(logits, other(image), atol=1e-4, rtol=1e-4)


def test_normalisation_is_part_of_the_checkpoint() -> None:
    source, target = segmenter(mean=[0.3] * 3), segmenter()

    target.load_state_dict(source.state_dict())

    image = torch.zeros(1, 3, 8, 8)
    torch.testing.assert_close(target.eval()(image), source.eval()(image))


def test_logits_are_float32_under_autocast() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert segmenter()(torch.zeros(1, 3, 16, 16)).dtype == torch.float32


@pytest.mark.parametrize(("decoder", "kernel"), [(FPN, 1), (UNet, 3)])
def test_the_classifier_has_the_decoders_kernel(decoder: type, kernel: int) -> None:
    body = Pyramid()

    classifier = Segmenter(body, decoder(body.features), num_outputs=4).classifier

    assert classifier.kernel_size == (kernel, kernel)
    assert (classifier.bias == 0).all()


def test_other_channels_than_the_backbones_are_an_error_that_names_the_keys() -> None:
    with pytest.raises(ValueError, match=r"1 channels.* 3; make model.backbone.in_channels and data.image_mode agree"):
        segmenter()(torch.zeros(1, 1, 8, 8))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": [0.5]}, "model.mean got 1 values, expected one for each of 3 channels"),
        ({"std": [0.5] * 4}, "model.std got 4 values"),
        ({"std": [0.5, 0.0, 0.5]}, "expected values above 0"),
        ({"value_range": (1.0, 1.0)}, "low < high"),
        ({"value_range": [(0.0, 1.0)] * 2}, "model.value_range got 2 ranges, expected one, or one for each of 3"),
    ],
)
def test_normalisation_that_cannot_be_is_an_error(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        segmenter(**options)


@pytest.mark.parametrize("shape", [(9, 13, 3), (9, 13, 1), (9, 13)])
def test_predict_maps_an_array_to_labels_and_leaves_the_mode(shape: tuple[int, ...]) -> None:
    model = segmenter(in_channels=3 if shape[-1] == 3 else 1)
    statistics = {key: value.clone() for key, value in model.state_dict().items()}
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

    labels = model.predict(image)

    assert model.training
    assert labels.shape == (9, 13)
    assert labels.dtype == np.uint8
    torch.testing.assert_close(model.state_dict(), statistics)
    chw = torch.from_numpy(image.reshape(9, 13, -1)).permute(2, 0, 1)[None]
    np.testing.assert_array_equal(labels, model.eval()(chw)[0].argmax(0).numpy())
    model.predict(image)
    assert not model.training


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_predict_takes_pictures_and_files_as_training_reads_them(channels: int, tmp_path: Path) -> None:
    """With a palette, and lying on their side."""
    model = segmenter(in_channels=channels)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 13, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels).quantize(16)
    picture.getexif()[0x0112] = 6
    picture.save(tmp_path / "a.png", exif=picture.getexif())
    expected = model.predict(read_image(tmp_path / "a.png", {1: "L", 3: "RGB", 4: "RGBA"}[channels]))
    assert expected.shape == (13, 9)
    for image in (tmp_path / "a.png", str(tmp_path / "a.png"), picture):
        np.testing.assert_array_equal(model.predict(image), expected)


def test_predict_refuses_pictures_that_would_be_read_as_something_else(tmp_path: Path) -> None:
    deep = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
    with pytest.raises(DataError, match="the image has mode I;16, expected grey or RGB of 8 bits"):
        segmenter().predict(deep)
    with pytest.raises(ValueError, match="the model takes 2 channels as files hold them; give it a file or an array"):
        segmenter(in_channels=2).predict(deep)


def test_predict_takes_the_files_of_all_channels(tmp_path: Path) -> None:
    model = segmenter(in_channels=5, value_range=(0.0, 65535.0))
    image = np.random.default_rng(0).integers(0, 65536, (9, 13, 5), dtype=np.uint16)
    files = [tmp_path / "ab.tif", tmp_path / "cde.tif"]
    tifffile.imwrite(files[0], image[..., :2], photometric="minisblack", planarconfig="contig")
    tifffile.imwrite(files[1], image[..., 2:].transpose(2, 0, 1), photometric="minisblack")
    np.testing.assert_array_equal(model.predict(files), model.predict(image))


def test_each_channel_may_have_a_range(tmp_path: Path) -> None:
    one, each = segmenter(value_range=(-1.0, 3.0)), segmenter(value_range=[(-1.0, 3.0)] * 2 + [(0.0, 8.0)])
    torch.testing.assert_close(one.scale[:, :2], each.scale[:, :2])
    torch.testing.assert_close(one.scale[:, 2] / 2, each.scale[:, 2])
    assert torch.equal(segmenter(value_range="percentiles").scale, segmenter(value_range=(0.0, 1.0)).scale)


def test_a_checkpoint_s_segmenter_predicts_as_the_task_does(trained: Path) -> None:
    segmenter = Segmenter.from_checkpoint(trained / "checkpoints" / "best.ckpt")
    assert not segmenter.training
    assert segmenter.classes == ("background", "circle", "square", "triangle")
    state = torch.load(trained / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    for key, value in segmenter.state_dict().items():
        assert torch.equal(value, state[f"segmenter.{key}"])
    image = np.random.default_rng(0).integers(0, 256, (41, 67, 3), dtype=np.uint8)
    labels = segmenter.predict(image)
    assert labels.shape == (41, 67)
    assert labels.max() < 4


def test_what_auxiliary_heads_predict_beside_comes_before_them_in_training_only() -> None:
    body = Pyramid()
    heads = [FPN(body.features, 16, 32), OCRNet(body.features, 4, width=8, key_width=8)]
    model = Segmenter(body, FPN(body.features, 16, 32), 4, auxiliary=heads)
    image = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)

    found = model(image, whole=True)

    assert len(found.extra) == 3  # of FPN, then the coarse one of OCRNet and its own
    assert found.extra[2].extra == (found.extra[1],)
    assert not model.eval()(image, whole=True).extra


class Tokens(Decoder):
    """Normalise the finest map over the batch, then every pixel, as a token, over its channels."""

    def __init__(self, features: Sequence[FeatureSpec]) -> None:
        super().__init__()
        self.out_channels, self.out_stride = features[0].channels, features[0].stride
        self.norm, self.token_norm = nn.BatchNorm2d(self.out_channels), nn.LayerNorm(self.out_channels)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        y = self.norm(features[0])
        return self.token_norm(y.flatten(2).permute(2, 0, 1)).permute(1, 2, 0).unflatten(2, y.shape[-2:])


@pytest.mark.parametrize("channels_last", [True, False])
def test_an_image_alone_has_the_gradients_of_the_image_twice(channels_last: bool) -> None:
    torch.manual_seed(0)
    body = Pyramid()
    settings = SegmenterSettings(channels_last=channels_last)
    model = Segmenter(body, Tokens(body.features), 4, settings, auxiliary=[Tokens(body.features)])
    image = torch.randint(256, (1, 3, 24, 40), dtype=torch.uint8)
    found = []
    for images in (image, image.repeat(2, 1, 1, 1)):
        model.zero_grad()
        prediction = model(images, whole=True)
        sum(each.logits((24, 40)).square().mean() for each in (prediction, *prediction.extra)).backward()
        found.append([p.grad.clone() for p in model.parameters()])
    torch.testing.assert_close(*found)


def test_blocks_that_are_left_to_a_decoder_that_does_not_run_them_are_refused() -> None:
    backbone = Pyramid()
    backbone.tail_blocks = 2

    with pytest.raises(ValueError, match=r"model\.backbone\.tail_blocks got 2, but the decoder does not run blocks"):
        Segmenter(backbone, UNet(backbone.features), 2)
