"""What the parity tests of decoders share."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from segcli.features import FeatureSpec
from segcli.inference.smp_weights import renamed as as_here

EXACT = {"atol": 1e-5, "rtol": 1e-5}


def specs(*channels: int) -> list[FeatureSpec]:
    """A pyramid of halvings that starts at stride 2."""
    return [FeatureSpec(c, 2 ** (i + 1)) for i, c in enumerate(channels)]


def pyramid(features: Sequence[FeatureSpec], height: int, width: int, batch: int = 1) -> list[Tensor]:
    """Random levels of an image of ``height`` by ``width`` pixels."""
    return [torch.randn(batch, f.channels, -(-height // f.stride), -(-width // f.stride)) for f in features]


def copy_from_smp(source: nn.Module, target: nn.Module, classifier: nn.Module | None = None) -> None:
    """Give a decoder of segmentation-models-pytorch random weights and statistics, and ``target`` the same."""
    parts = {"decoder.": source, "segmentation_head.": classifier or nn.Module()}
    for part in parts.values():
        randomise(part)
    theirs = {prefix + name: value for prefix, part in parts.items() for name, value in part.state_dict().items()}
    ours = {f"decoder.{name}": value for name, value in target.state_dict().items()}
    found = as_here(theirs, ours, type(target).__name__)
    assert not found.unknown
    target.load_state_dict({name.removeprefix("decoder."): value for name, value in (ours | found.weights).items()})


def randomise(module: nn.Module) -> None:
    """Give weights and statistics other values than they start with."""
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) if tensor.ndim == 1 else torch.randn_like(tensor) * 0.1)


def copy_by_position(source: nn.Module, target: nn.Module) -> None:
    """Give ``source`` random weights and statistics, and ``target`` the same, matched by order and shape.

    A matrix may stand where ``target`` has a kernel of one pixel.
    """
    randomise(source)
    theirs, ours = source.state_dict(), target.state_dict()
    shaped = {
        key: value[..., None, None] if value.ndim == 2 and own.ndim == 4 else value
        for (key, own), value in zip(ours.items(), theirs.values(), strict=True)
    }
    assert [tuple(t.shape) for t in shaped.values()] == [tuple(t.shape) for t in ours.values()]
    target.load_state_dict(shaped)


def random_weights(module: nn.Module) -> None:
    """Give every parameter another value than it starts with."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=0.1) if parameter.ndim > 1 else parameter.uniform_(0.5, 1.5)


def renamed(state: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """Return tensors under our names, by the first pattern that fits."""
    found = {}
    for key, value in state.items():
        pattern = next((each for each in names if re.match(each, key)), None)
        assert pattern is not None, key
        found[re.sub(pattern, names[pattern], key)] = value
    return found
