"""Weights of timm models from a local file."""

import contextlib
import pickle
import sys
import zipfile
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.models import adapt_input_conv
from torch import Tensor, nn

_NESTED = ("state_dict", "model")
_SHOWN = 5


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a state dict, without running any code in the file.

    Args:
        path: ``.safetensors``, or what ``torch.save`` wrote: a state dict, or one under ``state_dict`` or ``model``.

    Raises:
        OSError: If the file is missing.
        ValueError: If the file is damaged or holds something else.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"model.backbone.weights got {path}, expected a file; check the path, which is relative to {Path.cwd()}."
        )
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not zipfile.is_zipfile(path):  # neither a checkpoint of today nor one of torch before 1.6
            raise _unreadable(path, error) from None
        raise ValueError(
            f"model.backbone.weights got {path}, which holds other objects than tensors; to read them could run code "
            "in the file, so they are refused; save model.state_dict() alone."
        ) from None
    except (SafetensorError, RuntimeError, EOFError, KeyError) as error:
        raise _unreadable(path, error) from None
    for key in _NESTED:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise ValueError(
            f"model.backbone.weights got {path}, expected names and tensors, or these under {' or '.join(_NESTED)}; "
            "save model.state_dict()."
        )
    return dict(content)


def _unreadable(path: Path, error: Exception) -> ValueError:
    return ValueError(
        f"model.backbone.weights got {path}, expected .safetensors or a state dict from torch.save; it cannot be read "
        f"as one ({type(error).__name__}): it is damaged, cut off or something else; copy or download it again."
    )


def load_weights(
    model: nn.Module, path: Path, in_channels: int, needed: Set[str], welcome: Set[str] = frozenset()
) -> list[str]:
    """Load a file into a timm model, converted from older or foreign names as timm does it.

    Args:
        model: With its classifier, so that names of what will be pruned are known; it is changed in place.
        path: File as for :func:`read_weights`.
        in_channels: Channels of the image, to which the first convolution is adapted.
        needed: Names that must be in the file. Others may be missing; a classifier of any size is left out.
        welcome: Names that are loaded if they are in the file.

    Returns:
        Welcome names that are not in the file.

    Raises:
        OSError: If the file is missing.
        ValueError: If the file cannot be read, or names or shapes do not fit; the message lists some.
    """
    state = converted(read_weights(path), model)
    config: Any = model.pretrained_cfg
    _adapt_first_convolutions(state, model, _names(config, "first_conv"), in_channels)
    own, head = model.state_dict(), tuple(f"{name}." for name in _names(config, "classifier"))
    unknown = [key for key in state if key not in own and not key.startswith(head)]
    shapes = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
        for key in sorted(needed & state.keys())
        if state[key].shape != own[key].shape
    ]
    found = {key: value for key, value in state.items() if key in needed or key in welcome}
    missing = [] if shapes else [k for k in model.load_state_dict(found, strict=False).missing_keys if k in needed]
    problems = [
        f"{len(keys)} {what} ({', '.join(keys[:_SHOWN])}{', ...' if len(keys) > _SHOWN else ''})"
        for what, keys in (("unknown", unknown), ("missing", missing), ("of another shape", shapes))
        if keys
    ]
    if problems:
        raise ValueError(
            f"model.backbone.weights got {path}, expected weights of {config.get('architecture', 'the model')}; "
            f"{len(needed & state.keys()) - len(shapes)} of its {len(needed)} tensors fit; names that do not: "
            f"{', '.join(problems)}; check model.backbone.name."
        )
    return [key for key in own if key in welcome and key not in state]


def converted(state: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Return weights under timm's names, from older or foreign ones."""
    # timm keeps what converts a family's checkpoints beside the class, under this name
    convert = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    return convert(state, model) if convert else state


def _adapt_first_convolutions(
    state: dict[str, Tensor], model: nn.Module, names: tuple[str, ...], in_channels: int
) -> None:
    """Change weights for RGB in place; what timm cannot adapt stays, and is found out by its shape."""
    own = model.state_dict()
    for key in (f"{name}.weight" for name in names):
        if key in state and key in own and state[key].shape != own[key].shape:
            with contextlib.suppress(NotImplementedError):
                state[key] = adapt_input_conv(in_channels, state[key])


def _names(config: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return one name or several as a tuple; timm writes either."""
    names = config.get(key) or ()
    return (names,) if isinstance(names, str) else tuple(names)
