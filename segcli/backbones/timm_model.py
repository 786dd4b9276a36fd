"""What the constructors of timm are asked for.

Which arguments a model takes is tried out on a copy without memory (device ``meta``), which costs a fraction of a
second, and is never guessed from its name.
"""

import difflib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import timm
import torch
from safetensors import SafetensorError
from torch import nn

from segcli.backbones.pretrained_files import weights_file, with_local_files
from segcli.config.errors import in_a_line
from segcli.features import FeatureSpec

ARGUMENTS = {
    "in_chans": "in_channels",
    "checkpoint_path": "weights",
    "features_only": "out_indices",
    **{key: key for key in ("drop_path_rate", "out_indices", "output_stride", "pretrained")},
}
"""Arguments of timm's constructors that have an argument of the backbone's own."""
_OUTPUT_STRIDES = (8, 16)
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


def require_known(name: str) -> None:
    """See that timm has a model of this name; one from elsewhere is looked for where it says.

    Raises:
        ValueError: If not; the message suggests others.
    """
    architecture, tag = timm.models.split_model_name_tag(name)
    if ":" in name:  # hf-hub:owner/model, local-dir:folder
        return
    if not timm.is_model(architecture):
        close = difflib.get_close_matches(architecture.lower().rpartition("/")[2], timm.list_models(), n=3)
        others = f"did you mean {', '.join(close)}?" if close else "timm.list_models() lists them."
        raise ValueError(f"TimmBackbone got name {name!r}, expected a model of timm; {others}")
    try:
        timm.models.get_pretrained_cfg(name)
    except RuntimeError:
        tags = [known.partition(".")[2] for known in timm.list_pretrained(f"{architecture}.*")]
        raise ValueError(
            f"TimmBackbone got name {name!r}, but {architecture} has no weights with the tag {tag!r}, only "
            f"{', '.join(tags) or 'none'}; choose one of them, or leave the tag out."
        ) from None


def sketch(name: str, options: dict[str, Any]) -> Sketch:
    """Build a model without memory, with arguments that let it take images of any size where there are such.

    Args:
        name: Model, with or without a tag.
        options: Arguments of the constructor, in timm's names.

    Raises:
        ValueError: If there is no such model, or it does not take an argument.
        OSError: If its description is neither on disk nor to be downloaded.
    """
    require_known(name)
    try:
        local = with_local_files(name, pretrained=False)
    except (OSError, ValueError) as error:
        raise OSError(
            f"TimmBackbone got name {name!r}, whose description is not to be had: {in_a_line(error)}; take a model of "
            "timm.list_models(), or a folder on disk as local-dir:FOLDER."
        ) from None
    with torch.device("meta"):
        options = _with_output_stride(local, name, options)
        model = _build(local, name, options)
        taken = _constructor_arguments(type(model))
        options = {key: value for key, value in _ANY_SIZE.items() if key in taken} | options
        model = _build(local, name, options).eval()
    info: Any = getattr(model, "feature_info", None) or ()
    config: Any = model.pretrained_cfg
    levels = [FeatureSpec(level["num_chs"], level["reduction"]) for level in info]
    if not levels or not hasattr(model, "forward_intermediates"):
        raise ValueError(f"TimmBackbone got name {name!r}, which tells no levels of features; choose another model.")
    return Sketch(model, options, levels, config)


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
            f"TimmBackbone got no pretrained weights for {name}: {first_line(error)}; expected to find them in "
            f"the cache or on the network; {remedy}"
        ) from None
    except (RuntimeError, SafetensorError, EOFError, KeyError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        is_misfit = len(lines) > 1 and "state_dict" in lines[0]  # torch lists what does not fit from the second on
        where = f"; if {file} is damaged, remove it" if file is not None and not is_misfit else ""
        message = f"{lines[1] if is_misfit else first_line(error)}{where}; {remedy}"
        raise ValueError(f"TimmBackbone got pretrained true for {name}, but: {message}") from None


def prune(model: nn.Module, indices: Sequence[int]) -> None:
    """Take out what features at these levels do not need."""
    model.prune_intermediate_layers(list(indices), prune_norm=True)  # type: ignore[operator] # of every model in timm


def _build(local: str, name: str, options: dict[str, Any]) -> nn.Module:
    """Build a model on the current device, or say which argument it does not take."""
    try:
        return timm.create_model(local, **options)
    except Exception as error:  # of any kind, from the constructor of any model
        raise ValueError(_refusal(local, name, options, error)) from None


def _refusal(local: str, name: str, options: dict[str, Any], error: Exception) -> str:
    """Name the argument without which a model can be built, or what it says itself."""
    if isinstance(error, KeyError) and ":" in name:
        return (
            f"TimmBackbone got name {name!r}, whose config.json is not timm's: it has no {error}; choose another model."
        )
    for key, value in options.items():
        if _try(local, {k: v for k, v in options.items() if k != key}) is None:
            continue  # then it is another argument, or more than one
        argument = ARGUMENTS.get(key, f"backbone_kwargs.{key}")
        why = "has no such argument" if _is_unexpected(error, key) else f"does not take it: {first_line(error)}"
        return (
            f"TimmBackbone got {argument} {value!r} for {name}, which {why}; remove or change "
            f"model.backbone.{argument}."
        )
    given = [f"{ARGUMENTS.get(key, key)} {value!r}" for key, value in options.items()]
    return (
        f"TimmBackbone got name {name!r} with {', '.join(given)}, which cannot be built: {first_line(error)}; check "
        "model.backbone."
    )


def _with_output_stride(local: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments without an output stride that a model has anyway.

    Raises:
        ValueError: If it cannot have it.
    """
    stride, others = options.get("output_stride"), {k: v for k, v in options.items() if k != "output_stride"}
    own = _strides(_try(local, others)) if stride is not None else []
    if not own or _largest(local, options) == stride:
        return options  # what else is wrong is told where the model is built
    if own[-1] == stride:
        return others
    possible = [value for value in _OUTPUT_STRIDES if _largest(local, options | {"output_stride": value}) == value]
    change = f"set it to {' or '.join(map(str, possible))}, or " if possible else ""
    others_that_do = (
        "" if possible else ", or choose a model that dilates, such as resnet50, convnext_tiny or regnety_008"
    )
    raise ValueError(
        f"TimmBackbone got output_stride {stride} for {name}, whose strides {', '.join(map(str, own))} cannot be "
        f"changed to that; {change}remove model.backbone.output_stride{others_that_do}."
    )


def _largest(local: str, options: dict[str, Any]) -> int:
    return max(_strides(_try(local, options)), default=-1)


def _strides(model: nn.Module | None) -> list[int]:
    info: Any = getattr(model, "feature_info", None) or ()
    return sorted({level["reduction"] for level in info})


def _try(local: str, options: dict[str, Any]) -> nn.Module | None:
    try:
        return timm.create_model(local, **options)
    except Exception:  # of any kind, from the constructor of any model
        return None


def _is_unexpected(error: Exception, key: str) -> bool:
    return isinstance(error, TypeError) and "unexpected keyword" in str(error) and f"'{key}'" in str(error)


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


def first_line(error: Exception) -> str:
    """Return the first line of a message that says something, or else the kind of the error."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
