"""Which sizes of image a model of timm takes, and whether its levels lie on the image as they promise.

All is tried out on a copy without memory (device ``meta``), which costs a fraction of a second.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from segcli.backbones.plain_transformer import levels_of
from segcli.backbones.timm_model import first_line, prune, sketch
from segcli.backbones.timm_weights import converted
from segcli.features import FeatureSpec

Size = tuple[int, int]
_TRIED = ((3, 5), (5, 4))
"""Multiples of the stride that any height and width may be, by which a model is told that takes only one size."""
_RGB = 3


class NeedsValuesError(NotImplementedError):
    """A model looks at values, so that it cannot be tried without memory."""


class Taken(NamedTuple):
    """What is taken of a model.

    Attributes:
        name: The model's name.
        indices: Levels, finest first.
        levels: What these promise.
        channels: Channels of the image.
        last: Deepest level that is kept, if it is none of ``indices``.
    """

    name: str
    indices: Sequence[int]
    levels: Sequence[FeatureSpec]
    channels: int
    last: int = 0

    def prune(self, model: nn.Module) -> None:
        """Take out of the model what is not needed; the norm after its last block, too."""
        prune(model, [*self.indices, *([self.last] if self.last > self.indices[-1] else [])])


class Sizes(NamedTuple):
    """Sizes of image, in pixels.

    Attributes:
        multiple: What height and width must be multiples of, if ``only`` is None.
        only: The one height and width that is taken.
    """

    multiple: int
    only: Size | None


def intermediates(model: nn.Module, image: Tensor, indices: Sequence[int]) -> list[Tensor]:
    """Map ``(B, C, H, W)`` to ``(B, C_i, H/s_i, W/s_i)`` levels, finest first."""
    return levels_of(model, image, indices, norm=False, prefix=False)[0]


def sizes(model: nn.Module, taken: Taken, nominal: Size) -> Sizes:
    """Return the sizes of image that a model takes.

    Args:
        model: As from :func:`segcli.backbones.timm_model.sketch`, in evaluation mode.
        taken: What is taken of it.
        nominal: Height and width that the model was built for.

    Raises:
        ValueError: If it takes no image, not even of its nominal size, or a level has another size than promised.
        NeedsValuesError: If it cannot be tried without memory.
    """
    stride, trial = max(level.stride for level in taken.levels), _Trial(model, taken)
    if all(trial.passes((down * stride, right * stride)) for down, right in _TRIED):
        return Sizes(stride, None)
    height, width = nominal
    if not trial.passes(nominal):
        raise ValueError(trial.refusal(nominal))
    if height == width and trial.passes((height, 2 * width)):  # the number of windows is fixed, or their size
        return Sizes(height, None)
    return Sizes(stride, nominal)


class _Trial:
    """Applies a model to images without content."""

    def __init__(self, model: nn.Module, taken: Taken) -> None:
        self.model, self.taken = model, taken
        self._error: Exception | None = None

    def passes(self, size: Size, channels: int | None = None) -> bool:
        """Return whether an image passes.

        Raises:
            ValueError: If it does, but a level is not as wide and high as its stride promises, rounded up.
            NeedsValuesError: If that cannot be known without memory.
        """
        device = next(self.model.parameters()).device
        image = torch.zeros(1, channels or self.taken.channels, *size, device=device)
        try:
            with torch.no_grad():
                shapes = [tuple(level.shape) for level in intermediates(self.model, image, self.taken.indices)]
        except (AssertionError, IndexError, RuntimeError, TypeError, ValueError) as error:
            if "meta" in str(error) and device.type == "meta":
                raise NeedsValuesError(f"{self.taken.name} looks at values, which the device meta has not") from None
            self._error = error
            return False
        promised = [(1, spec.channels, *(-(-side // spec.stride) for side in size)) for spec in self.taken.levels]
        wrong = [i for i, pair in enumerate(zip(shapes, promised, strict=True)) if pair[0] != pair[1]]
        if wrong:
            raise ValueError(self._displaced(size, wrong, shapes[wrong[0]], promised[wrong[0]]))
        return True

    def refusal(self, nominal: Size) -> str:
        """Say why not even an image of the nominal size passes."""
        reason = first_line(self._error) if self._error is not None else "no error"
        name, channels = self.taken.name, self.taken.channels
        if channels != _RGB and self.passes(nominal, _RGB):
            return (
                f"TimmBackbone got in_channels {channels} for {name}, which takes {_RGB} channels only; set "
                f"model.backbone.in_channels to {_RGB} and data.image_mode to RGB, or choose another model."
            )
        return (
            f"TimmBackbone got name {name!r}, which gives no features, not even of images of {_times(nominal)} "
            f"pixels, for which it is built: {reason}; check model.backbone.backbone_kwargs, or choose another model."
        )

    def _displaced(self, size: Size, wrong: Sequence[int], found: Sequence[int], promised: Sequence[int]) -> str:
        name, indices, levels = self.taken.name, self.taken.indices, self.taken.levels
        fit = [index for i, index in enumerate(indices) if i not in wrong]
        others = f"take those that do with model.backbone.out_indices {fit}, or " if fit else ""
        return (
            f"TimmBackbone got name {name!r}, whose levels do not lie on the image as their strides say: of "
            f"{_times(size)} pixels, level {indices[wrong[0]]} is {_times(found[2:])}, not "
            f"{_times(promised[2:])} (stride {levels[wrong[0]].stride}); {others}choose another model."
        )


def size_remedy(taken: Taken, options: Mapping[str, Any], has_weights: bool, size: Size, only: Size) -> str:
    """Return what to do where a model takes images of one size only; building it for another is tried out before.

    Args:
        taken: What is taken of it.
        options: Arguments that it was built with, in timm's names.
        has_weights: Whether it has weights that would have to fit.
        size: Height and width that are wanted, in pixels.
        only: Those that it was built for.
    """
    crops = f"crop or resize all images to {_times(only)} (data.train_transforms, val_transforms)"
    other = "choose a model for any size, such as convnext_tiny or sam2_hiera_tiny"
    model = built_for(taken, options, size)
    if model is None:
        return f"{crops}, or {other}"
    built = f"set model.backbone.backbone_kwargs to {{img_size: [{size[0]}, {size[1]}]}}"
    if has_weights and not _weights_fit(taken.name, options, model):
        return f"{crops}, or {other}, or {built} and model.backbone.pretrained to false: its weights do not fit then"
    return f"{built}, or {crops}, or {other}"


def built_for(taken: Taken, options: Mapping[str, Any], size: Size) -> nn.Module | None:
    """Return a model without memory that takes images of a size, if it can be built for that by ``img_size``.

    Args:
        taken: What is taken of the model.
        options: Arguments that it was built with, in timm's names.
        size: Height and width, in pixels.
    """
    try:
        found = sketch(taken.name, {**options, "img_size": size})
        taken.prune(found.model)
        is_same = [found.levels[i] for i in taken.indices] == list(taken.levels)
        multiple, only = sizes(found.model, taken, size) if is_same else Sizes(1, (0, 0))
    except (IndexError, NotImplementedError, OSError, ValueError):
        return None
    fits = only == size or (only is None and not any(side % multiple for side in size))
    return found.model if fits else None


def _weights_fit(name: str, options: Mapping[str, Any], model: nn.Module) -> bool:
    """Return whether weights of a model of its own size can be loaded, converted as timm does it."""
    own_size = {key: value for key, value in options.items() if key != "img_size"}
    try:
        state = converted(sketch(name, own_size).model.state_dict(), model)
    except Exception:  # of a converter that was not made for tensors without values
        return False
    return all(key in state and state[key].shape == value.shape for key, value in model.state_dict().items())


def _times(size: Sequence[int]) -> str:
    return "x".join(str(side) for side in size)
