"""What the constructors and models of timm are asked for.

Which arguments a model takes, and which sizes of image, is tried out on a copy without memory (device ``meta``), which
costs a fraction of a second, and is never guessed from its name.
"""

import difflib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import timm
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from segcli.backbones.pretrained_files import weights_file, with_local_files
from segcli.features import FeatureSpec

_ANY_SIZE = {"dynamic_img_size": True, "dynamic_img_pad": True, "strict_img_size": False}


class Sketch(NamedTuple):
    """A model without memory, and what it says of itself.

    Attributes:
        model: In evaluation mode, on the device ``meta``.
        options: Arguments it was built with, in timm's names.
        levels: Every level of features it has, finest first.
        config: What timm notes of its weights: ``mean``, ``std``, ``input_size`` and more.
    """

    model: nn.Module
    options: dict[str, Any]
    levels: list[FeatureSpec]
    config: dict[str, Any]


def sketch(name: str, options: dict[str, Any]) -> Sketch:
    """Build a model without memory, with arguments that let it take images of any size where there are such.

    Args:
        name: Model, with or without a tag.
        options: Arguments of the constructor, in timm's names.

    Raises:
        ValueError: If there is no such model, or it does not take an argument.
    """
    architecture = timm.models.split_model_name_tag(name)[0]
    if ":" not in name and not timm.is_model(architecture):  # a colon: hf-hub:owner/model, local-dir:folder
        close = difflib.get_close_matches(architecture, timm.list_models(), n=3)
        raise ValueError(
            f"TimmBackbone got name {name!r}, expected a model of timm; "
            + (f"did you mean {', '.join(close)}?" if close else "timm.list_models() lists them.")
        )
    try:
        name = with_local_files(name, pretrained=False)
    except OSError as error:
        raise OSError(
            f"TimmBackbone got name {name!r}, whose description is not to be had: {error}; take a model of "
            "timm.list_models(), or a folder on disk as local-dir:FOLDER."
        ) from None
    with torch.device("meta"):
        model = _meta(name, options)
        taken = _constructor_arguments(type(model))
        options = {key: value for key, value in _ANY_SIZE.items() if key in taken} | options
        model = _meta(name, options).eval()
    info: Any = model.feature_info
    config: Any = model.pretrained_cfg
    return Sketch(model, options, [FeatureSpec(level["num_chs"], level["reduction"]) for level in info], config)


def create(name: str, pretrained: bool, options: dict[str, Any], config: Mapping[str, Any]) -> nn.Module:
    """Build a model, classifier included, whose arguments ``sketch`` has found in order.

    Args:
        name: Model, with or without a tag.
        pretrained: Whether to take timm's weights.
        options: Arguments of the constructor, in timm's names.
        config: What timm notes of its weights.

    Raises:
        ValueError: If timm has no weights for the model, or they do not fit the arguments.
        OSError: If the weights are neither in the cache nor to be downloaded, or damaged there.
    """
    remedy = (
        "give a file with --model.backbone.weights FILE, or start from random weights with "
        "--model.backbone.pretrained false."
    )
    local, file = name, None
    try:
        if pretrained:
            local, file = with_local_files(name, pretrained=True), weights_file(config)
        if file is not None:
            overlay = {"custom_load": config.get("custom_load") == "hf", **options.get("pretrained_cfg_overlay", {})}
            options = options | {"pretrained_cfg_overlay": {**overlay, "file": str(file)}}
        return timm.create_model(local, pretrained=pretrained, **options)
    except OSError as error:
        raise OSError(
            f"TimmBackbone got no pretrained weights for {name}: {_first_line(error)}; expected to find them in "
            f"the cache or on the network; {remedy}"
        ) from None
    except (RuntimeError, SafetensorError, EOFError, KeyError) as error:
        where = f"; if {file} is damaged, remove it" if file is not None else ""
        message = f"TimmBackbone got pretrained true for {name}, but: {_first_line(error)}{where}; {remedy}"
        raise ValueError(message) from None


def prune(model: nn.Module, indices: Sequence[int]) -> None:
    """Take out what features at these levels do not need."""
    model.prune_intermediate_layers(list(indices), prune_norm=True)  # type: ignore[operator] # of every model in timm


def intermediates(model: nn.Module, image: Tensor, indices: Sequence[int]) -> list[Tensor]:
    """Map ``(B, C, H, W)`` to ``(B, C_i, H/s_i, W/s_i)`` levels, finest first."""
    return list(
        model.forward_intermediates(  # type: ignore[operator] # of every model in timm
            image, indices=list(indices), output_fmt="NCHW", intermediates_only=True
        )
    )


def sizes(
    model: nn.Module, indices: Sequence[int], channels: int, stride: int, nominal: int | Sequence[int]
) -> tuple[int, tuple[int, int] | None]:
    """Return the multiple that heights and widths must be of, and the one size possible, if there is only one.

    Args:
        model: Without memory, as from ``sketch``, pruned.
        indices: Levels of features.
        channels: Channels of the image.
        stride: The largest of the levels.
        nominal: Height and width, or both as one number, in pixels, that the model was built for.
    """

    def works(height: int, width: int) -> bool:
        try:
            with torch.no_grad():
                intermediates(model, torch.empty(1, channels, height, width, device="meta"), indices)
        except (AssertionError, RuntimeError, ValueError):
            return False
        return True

    height, width = (nominal, nominal) if isinstance(nominal, int) else nominal
    if works(3 * stride, 5 * stride) or not works(height, width):
        return stride, None
    if height == width and works(height, 2 * width):  # the number of windows is fixed, or their size
        return height, None
    return stride, (height, width)


def _meta(name: str, options: dict[str, Any]) -> nn.Module:
    """Build a model on the current device, and pass on what timm says of the arguments."""
    try:
        return timm.create_model(name, **options)
    except OSError as error:
        raise OSError(
            f"TimmBackbone got name {name!r}, whose description is not to be had ({type(error).__name__}); "
            "check the path or the network, or take a model of timm.list_models()."
        ) from None
    except (TypeError, ValueError, RuntimeError, AssertionError, NotImplementedError) as error:
        hint = "; most take an output_stride of 8, 16 or 32, some only 32" if "output_stride" in options else ""
        raise ValueError(
            f"TimmBackbone got {options} for {name}, expected what it takes: {_first_line(error)}{hint}; "
            "check model.backbone."
        ) from None


def _constructor_arguments(cls: type) -> set[str]:
    """Return names of arguments, those passed on to base classes included."""
    names: set[str] = set()
    for base in cls.__mro__:
        if "__init__" in vars(base):
            parameters = inspect.signature(base.__init__).parameters  # type: ignore[misc] # a class's own
            names |= parameters.keys()
            if all(p.kind is not p.VAR_KEYWORD for p in parameters.values()):
                break
    return names


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
