"""What every registered decoder and head keeps under ``torch.compile``; a new one is covered by its line there."""

import copy
from collections.abc import Sequence

import pytest
import torch
import torch._dynamo.testing
from torch import Tensor, nn
from torch.nn import functional as F

from segcli.backbones.base import Backbone
from segcli.decoders.base import Decoder
from segcli.features import Features, FeatureSpec
from segcli.prediction import Prediction
from segcli.registry import names
from segcli.segmenter import Segmenter
from tests.contracts import test_decoders, test_heads

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # torch's own, of its tracer
SIZES = [(64, 96), (97, 131), (80, 120), (130, 70)]
ROUNDING = 1e-3
POOLED = {"PAN": 4}
"""How many times as large images are for a decoder that pools the deepest level by 8."""


class Averages(Backbone):
    """A matrix for each level: enough of a backbone to compile what stands on it; with tokens if it is a plain one."""

    in_channels, size_multiple, mean, std = 3, 32, (0.5,) * 3, (0.25,) * 3

    def __init__(self, features: Sequence[FeatureSpec]) -> None:
        super().__init__()
        self.features = tuple(features)
        self.project = nn.ModuleList(nn.Conv2d(3, f.channels, 1) for f in features)

    def forward(self, image: Tensor) -> list[Tensor]:
        return [conv(F.avg_pool2d(image, f.stride)) for conv, f in zip(self.project, self.features, strict=True)]

    def extract(self, image: Tensor) -> Features:
        found = super().extract(image)
        if self.features[0].stride != self.features[-1].stride:
            return found
        prefix = [level.flatten(2).transpose(1, 2)[:, :2] for level in found.levels]
        return found._replace(prefix=prefix, tail=test_heads.StillTail(found.levels[-1]))


def segmenter(name: str) -> Segmenter:
    torch.manual_seed(0)
    is_decoder = issubclass(test_decoders.decoder_class(name), Decoder)
    part = test_decoders.small(name) if is_decoder else test_heads.small(name)
    return Segmenter(Averages(test_decoders.CNN if is_decoder else test_heads.PLAIN_VIT), part, 3)


def step(model: Segmenter, size: tuple[int, int]) -> tuple[Tensor, list[Tensor]]:
    """Return the loss of one step and the gradients of all parameters that have one."""
    torch.manual_seed(1)
    model.zero_grad()
    image, mask = torch.rand(2, 3, *size) * 255, torch.randint(3, (2, *size), dtype=torch.uint8)
    mask[:, :5] = 255
    prediction: Prediction = model(image, whole=True)
    torch.manual_seed(2)  # a compiler leaves out random numbers that nothing follows from
    loss = test_heads.loss(prediction, mask)
    loss.backward()
    return loss.detach(), [p.grad for p in model.parameters() if p.grad is not None]


@pytest.mark.parametrize("name", names("decoders"))
def test_values_and_gradients_are_those_of_the_decoder(name: str) -> None:
    """Compile without a break, and compare a step and an evaluation with those that are not compiled."""
    torch._dynamo.reset()
    plain, compiled = segmenter(name), segmenter(name)
    compiled.compile(backend="aot_eager", fullgraph=True)

    torch.testing.assert_close(step(compiled, SIZES[0]), step(plain, SIZES[0]), atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(compiled.state_dict(), plain.state_dict(), atol=1e-5, rtol=1e-4)
    image = torch.rand(2, 3, 64, 96) * 255
    with torch.no_grad():
        torch.testing.assert_close(compiled.eval()(image), plain.eval()(image), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", names("decoders"))
def test_kernels_of_this_machine_give_them_too(name: str) -> None:
    """As far from float64 as rounding takes float32: a gradient through norms over few pixels is not better known."""
    torch._dynamo.reset()
    compiled, exact = segmenter(name), segmenter(name).double()
    compiled.compile(backend="inductor", fullgraph=True)

    with torch._inductor.config.patch(fallback_random=True):  # the same dropout and points
        (loss, gradients), (exact_loss, exact_gradients) = step(compiled, SIZES[0]), step(exact, SIZES[0])
        torch.testing.assert_close(loss.double(), exact_loss.double(), atol=0, rtol=ROUNDING)
        assert distance(gradients, exact_gradients) < ROUNDING
        buffers = [[*model.buffers()] for model in (compiled, exact)]
        assert distance(*buffers) < ROUNDING
        image = torch.rand(2, 3, 64, 96) * 255
        with torch.no_grad():
            assert distance([compiled.eval()(image)], [exact.eval()(image)]) < ROUNDING


def distance(found: Sequence[Tensor], exact: Sequence[Tensor]) -> float:
    """Return the norm of all differences, relative to that of the exact values."""
    one, other = (torch.cat([each.double().flatten() for each in tensors]) for tensors in (found, exact))
    return float((one - other).norm() / other.norm())


@torch.no_grad()
@pytest.mark.parametrize(("name", "training"), [*((name, True) for name in names("decoders")), ("PointRend", False)])
def test_images_of_many_sizes_compile_twice(name: str, training: bool) -> None:
    """For the first size, then for all; but a map of a single pixel is compiled for itself."""
    torch._dynamo.reset()
    counter = torch._dynamo.testing.CompileCounter()
    compiled = segmenter(name).train(training)
    plain = copy.deepcopy(compiled)
    compiled.compile(backend=counter, fullgraph=True)

    for size in SIZES:
        height, width = (side * POOLED.get(name, 1) for side in size)
        image = torch.rand(2, 3, height, width) * 255
        torch.manual_seed(1)
        expected = plain(image, whole=True).logits((height, width))
        torch.manual_seed(1)
        found = compiled(image, whole=True).logits((height, width))
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)

    assert counter.frame_count == 2
