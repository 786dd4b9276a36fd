"""Every family of models in timm either keeps what a backbone promises, or is refused when it is built."""

import pkgutil
import re

import pytest
import timm
import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.fpn import FPN
from segcli.layers.gradient_format import keep_gradient_format
from segcli.segmenter import Segmenter
from tests.contracts.timm_families import DISPLACED, LINES, NEEDS_VALUES, NO_NORM, QUICK, SHORT, SMALLEST

NAMES = [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in SMALLEST.values()]
USABLE = [name for name in SMALLEST.values() if DISPLACED.get(name) != [] and name not in NEEDS_VALUES]
RGB = 3


def levels(body: TimmBackbone, size: tuple[int, int]) -> list[tuple[int, ...]]:
    """Shapes of the levels of two images, as their strides promise them."""
    height, width = (-(-side // body.size_multiple) * body.size_multiple for side in size)
    return [(2, f.channels, height // f.stride, width // f.stride) for f in body.features]


def image_sizes(body: TimmBackbone) -> list[tuple[int, int]]:
    """Two sizes of image; one where a model takes no other."""
    multiple = body.size_multiple
    return [body.image_size] if body.image_size else [(2 * multiple, multiple), (3 * multiple, 4 * multiple)]


def test_every_family_is_listed() -> None:
    """A later timm has more: add them with their smallest model."""
    modules = {timm.models.model_entrypoint(name).__module__.rpartition(".")[2] for name in timm.list_models()}
    known = {module.name for module in pkgutil.iter_modules(timm.models.__path__)}
    assert modules & known == set(SMALLEST)


@pytest.mark.parametrize("name", NAMES)
def test_levels_lie_on_the_image_or_the_model_is_refused(name: str) -> None:
    build = torch.device("cpu" if name in NEEDS_VALUES else "meta")
    with build, torch.no_grad():
        if name in DISPLACED:
            with pytest.raises(
                ValueError, match=rf"{name}', whose levels do not lie on the image .* not \d+x\d+"
            ) as caught:
                TimmBackbone(name, pretrained=False)
            fit = re.search(r"out_indices (\[[\d, ]*\])", str(caught.value))
            assert (fit.group(1) if fit else "[]") == str(DISPLACED[name])
            if not DISPLACED[name]:
                return
        body = TimmBackbone(name, pretrained=False, out_indices=DISPLACED.get(name)).eval()
        for size in image_sizes(body):
            assert [tuple(level.shape) for level in body(torch.zeros(2, RGB, *size))] == levels(body, size)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SMALLEST.values() if DISPLACED.get(name) != []])
def test_images_pass_with_values(name: str) -> None:
    torch.manual_seed(0)
    body = TimmBackbone(name, pretrained=False, out_indices=DISPLACED.get(name))
    model = Segmenter(body, FPN(body.features, 8, 32), num_outputs=2).eval()
    size = body.image_size or (97, 131)
    image = torch.randint(256, (1, RGB, *size), dtype=torch.uint8)
    image[..., :, : size[1] // 2] = 0
    with torch.inference_mode():
        logits, found = model(image), body(torch.zeros(2, RGB, *image_sizes(body)[0]))
    assert logits.shape == (1, 2, *size)
    assert logits.isfinite().all()
    assert logits.std() > 0
    assert [tuple(level.shape) for level in found] == levels(body, image_sizes(body)[0])


def refusal(name: str, **options: object) -> tuple[TimmBackbone | None, str]:
    """Build a model without memory; or say why it is refused."""
    try:
        return TimmBackbone(name, pretrained=False, out_indices=DISPLACED.get(name), **options).eval(), ""
    except ValueError as error:
        return None, str(error)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:CSATv2 is designed for 3-channel")  # timm warns where the check refuses
@pytest.mark.parametrize("name", USABLE)
@pytest.mark.parametrize("channels", [1, 4, 13])
def test_images_of_other_channels_pass_or_are_refused(name: str, channels: int) -> None:
    with torch.device("meta"), torch.no_grad():
        body, refused = refusal(name, in_channels=channels)
        if body is None:
            assert f"got in_channels {channels} for {name}, which takes 3 channels only" in refused
            return
        size = image_sizes(body)[0]
        assert [tuple(level.shape) for level in body(torch.zeros(2, channels, *size))] == levels(body, size)
        assert len(body.mean) == len(body.std) == channels


@pytest.mark.slow
@pytest.mark.parametrize("name", USABLE)
@pytest.mark.parametrize("stride", [8, 16])
def test_an_output_stride_is_kept_or_refused_with_a_remedy(name: str, stride: int) -> None:
    with torch.device("meta"):
        body, refused = refusal(name, output_stride=stride)
    if body is not None:
        assert max(spec.stride for spec in body.features) <= stride
        return
    assert f"got output_stride {stride} for {name}, whose strides" in refused
    assert "remove model.backbone.output_stride" in refused
    assert not [word for word in ("AssertionError", "__init__", "in_chans", "Error(") if word in refused]


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("images", [1, 2])
def test_every_line_learns_alike_in_both_memory_formats(name: str, images: int) -> None:
    torch.manual_seed(0)
    body = TimmBackbone(name, pretrained=False, backbone_kwargs=SHORT.get(name))
    keep_gradient_format(body)
    multiple = body.size_multiple
    image = torch.randn(images, RGB, *(body.image_size or [-(-64 // multiple) * multiple] * 2))
    found, gradients = [], []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        body.to(memory_format=memory_format)  # type: ignore[call-overload]
        with torch.no_grad():
            found.append(body.eval()(image.contiguous(memory_format=memory_format)))
        body.zero_grad()
        sum(level.square().mean() for level in body(image.contiguous(memory_format=memory_format))).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in body.parameters() if p.grad is not None]))
    shapes = levels(body, (image.shape[2], image.shape[3]))
    assert [tuple(level.shape) for level in found[0]] == [(images, *shape[1:]) for shape in shapes]
    for plain, last in zip(*found, strict=True):
        assert plain.isfinite().all()
        torch.testing.assert_close(last, plain, rtol=1e-4, atol=1e-4 * float(plain.abs().max()))
    assert gradients[0].isfinite().all()
    assert gradients[0].count_nonzero() > 0
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-3 * float(gradients[0].abs().max()))


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_every_plain_line_gives_prefix_tokens_and_passes_its_norm(name: str) -> None:
    torch.manual_seed(0)
    body = TimmBackbone(name, pretrained=False, backbone_kwargs=SHORT[name], normalise=name not in NO_NORM).eval()
    image = torch.randn(1, RGB, *(body.image_size or (2 * body.size_multiple, 3 * body.size_multiple)))
    with torch.inference_mode():
        features = body.extract(image)
    assert [tuple(level.shape) for level in features.levels] == [
        (1, *shape[1:]) for shape in levels(body, (image.shape[2], image.shape[3]))
    ]
    if body.num_prefix:
        assert [tuple(tokens.shape) for tokens in features.prefix or ()] == [
            (1, body.num_prefix, spec.channels) for spec in body.features
        ]
    else:
        assert features.prefix is None
