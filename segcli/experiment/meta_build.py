"""Build the parts of an experiment without data or weights, and pass a batch of its shape through them.

The model stands on torch's device ``meta``, which knows shapes and no values: any batch takes a fraction of a second.
"""

import dataclasses
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from segcli.backbones.base import Backbone
from segcli.backbones.timm_backbone import TimmBackbone
from segcli.config.component import arguments_of
from segcli.datamodules.camvid_data_module import CamVidDataModule
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.image_file import CHANNELS
from segcli.decoders.base import Decoder, build_decoder
from segcli.experiment.errors.limits import ONE_VALUE_TOLD, is_of_one_value
from segcli.experiment.parts import PartError, Tree, blamed, criterion, in_channels, num_outputs, part, refusal
from segcli.prediction import EdgePrediction, Prediction
from segcli.segmenter import Segmenter, SegmenterSettings

Shape = tuple[int, int, int, int]

CAMVID_SIZE = (360, 480)
ASSUMED_SIZE = (256, 256)
_MUCH_PADDING = 1.2
_USUAL_STRIDES = (4, 32)
"""Of the finest level that a decoder may expect, and of the deepest."""


@dataclasses.dataclass(frozen=True)
class ModelCost:
    """What a model costs.

    Attributes:
        parameters: Their number, frozen ones included.
        flops: Floating-point operations of one forward pass of the batch; a multiplication and an addition are two.
        input_shape: ``(B, C, H, W)`` of the batch, as in training.
        notes: What was assumed.
    """

    parameters: int
    flops: int
    input_shape: Shape
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        amount = f"{self.parameters / 1e6:.1f} M parameters, {self.flops / 1e9:.1f} GFLOPs"
        return f"{amount} at {_times(self.input_shape)}"


def measure_model(tree: Mapping[str, Any], is_tried: bool = True) -> ModelCost:
    """Build the model of an experiment, pass a batch through it as training does, and count.

    Args:
        tree: The experiment, classes by their full paths.
        is_tried: Whether to pass single images as well, as evaluation and the end of an epoch may do, and to say what
            comes of it; without, there are no notes on that.

    Raises:
        PartError: If a part refuses its arguments or the batch, or the logits do not fit the mask.
    """
    data = part(tree, "data")
    height, width, notes = _training_size(tree["data"], data)
    channels = CHANNELS.get(getattr(data, "image_mode", "RGB")) or in_channels(tree)
    shape = (data.batch_size, channels, height, width)
    try:
        return _measure(tree, len(data.classes), shape, "meta", notes, is_tried)
    except PartError as error:
        if not needs_values(error):
            raise
    notes = (*notes, "a part of the model needs values, so it was tried on the CPU, with at most 2 images")
    return _measure(tree, len(data.classes), (min(2, shape[0]), *shape[1:]), "cpu", notes, is_tried)


def needs_values(error: PartError) -> bool:
    """Return whether a part refuses the device ``meta``, which has none."""
    return isinstance(error.__cause__, NotImplementedError) or "meta" in str(error).lower()


def _measure(
    tree: Mapping[str, Any], num_classes: int, shape: Shape, device: str, notes: tuple[str, ...], is_tried: bool
) -> ModelCost:
    with torch.device(device):
        segmenter = network(tree, num_classes).requires_grad_(False)  # torch's counter fails at views of parameters
        counter = FlopCounterMode(display=False)
        with counter:
            prediction = _pass(segmenter.train(), shape, "a training batch")
        if reason := criterion(tree).refusal(prediction, tree["model"].get("task") == "multilabel"):
            raise PartError(_key_at_fault(reason, tree["model"]), reason)
        if is_tried:
            notes += (*_of_one_image(segmenter, shape), *_of_padding(segmenter.backbone, shape))
            notes += (*_of_strides(segmenter), *_of_depth(segmenter))
            notes += _evaluate(segmenter.eval(), shape)
    parameters = sum(parameter.numel() for parameter in segmenter.parameters())
    return ModelCost(parameters, counter.get_total_flops(), shape, notes)


def _key_at_fault(reason: str, model: Mapping[str, Any]) -> str:
    """Return the key of what does not go with the rest: a loss, weights of extra predictions, or what needs them."""
    if "extra_loss_weight" not in reason:
        return "model.loss"
    if model.get("extra_loss_weight") is not None:
        return "model.extra_loss_weight"
    return "model.auxiliary" if model.get("auxiliary") else "model.decoder"


def network(tree: Tree, num_classes: int) -> Segmenter:
    """Build the network of an experiment on the current device, without weights.

    Args:
        tree: The experiment, classes by their full paths; parsed already, it is not parsed again.
        num_classes: Of the data.

    Raises:
        PartError: If a part refuses its arguments, or the parts each other.
    """
    model, count = tree["model"], num_outputs(tree, num_classes)
    backbone = part(tree, "model.backbone")
    factory, others = part(tree, "model.decoder"), part(tree, "model.auxiliary") or []
    with blamed("model.decoder"):
        decoder = build_decoder(factory, backbone.features, count)
    with blamed("model.auxiliary"):
        auxiliary = [build_decoder(other, backbone.features, count) for other in others]
    with blamed("model"):
        segmenter = Segmenter(backbone, decoder, count, SegmenterSettings.of(model), auxiliary)
    for module in segmenter.modules():
        if isinstance(module, Decoder):
            module.register_forward_hook(_check_map)
    return segmenter


def _check_map(decoder: Decoder, _inputs: object, output: torch.Tensor) -> None:
    """Refuse a map with other channels than the decoder promised: the classifier was built for those."""
    if output.shape[1] != decoder.out_channels:
        raise ValueError(
            f"{type(decoder).__name__}.out_channels says {decoder.out_channels}, "
            f"but its map has {output.shape[1]} channels."
        )


def _pass(segmenter: Segmenter, shape: Shape, what: str) -> Prediction:
    """Pass an empty batch through the network; blame the part that was at work if it fails."""
    try:
        with torch.no_grad():
            prediction = segmenter(torch.zeros(shape, dtype=torch.uint8), whole=True)
            logits = [(each, each.logits(shape[2:])) for each in (prediction, *prediction.extra)]
    except Exception as error:
        reason = ValueError(ONE_VALUE_TOLD) if is_of_one_value(error) else error
        raise refusal(_at_work(error, segmenter), reason, f"{what} of {_times(shape)} does not pass: ") from error
    for each, found in logits:
        wanted = (shape[0], 1 if isinstance(each, EdgePrediction) else segmenter.num_outputs, *shape[2:])
        if found.shape != wanted:
            raise PartError(
                "model", f"{what} of {_times(shape)} gave logits of {_times(found.shape)}, not {_times(wanted)}"
            )
    return prediction


def _at_work(error: Exception, segmenter: Segmenter) -> str:
    """Return the key of the part of the network in whose code an error was raised."""
    parts: dict[nn.Module, str] = {segmenter.backbone: "model.backbone", segmenter.decoder: "model.decoder"}
    parts |= dict.fromkeys(segmenter.auxiliary, "model.auxiliary")
    owners = (frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__))
    return next((parts[owner] for owner in owners if isinstance(owner, nn.Module) and owner in parts), "model")


def _evaluate(segmenter: Segmenter, shape: Shape) -> tuple[str, ...]:
    """Pass one image that is no multiple of the stride through the network, as a whole image may be none."""
    multiple = segmenter.backbone.size_multiple
    height, width = (multiple * -(-size // multiple) + 1 for size in shape[2:])
    try:
        _pass(segmenter, (1, shape[1], height, width), "an image")
    except PartError as error:
        if isinstance(error.__cause__, NotImplementedError):
            raise
        _pass(segmenter, (1, *shape[1:]), "an image")
        return (f"evaluation needs images of {_times(shape[2:])}; {error}",)
    return ()


def _of_one_image(segmenter: Segmenter, shape: Shape) -> tuple[str, ...]:
    """Say if the last batch of an epoch must not be of one image."""
    try:
        if shape[0] > 1:
            _pass(segmenter, (1, *shape[1:]), "one image")
    except PartError as error:
        if error.__cause__ is not None and is_of_one_value(error.__cause__):
            return (f"in training, one image of {_times(shape[2:])} would not pass: {ONE_VALUE_TOLD}",)
    return ()


def _of_padding(backbone: Backbone, shape: Shape) -> tuple[str, ...]:
    """Say if images are padded to many times their pixels, as for windows of attention of a fixed number."""
    multiple, stride = backbone.size_multiple, max(spec.stride for spec in backbone.features)
    height, width = (-(-side // multiple) * multiple for side in shape[2:])
    times = height * width / (shape[2] * shape[3])
    if multiple <= stride or times < _MUCH_PADDING:
        return ()
    remedy = backbone.padding_remedy(shape[2:]) if isinstance(backbone, TimmBackbone) else ""
    padded = f"{_times((height, width))}, {times:.1f} times the pixels"
    return (f"images of {_times(shape[2:])} are padded to {padded}{remedy}",)


def _of_strides(segmenter: Segmenter) -> tuple[str, ...]:
    """Say if a pyramid has other levels than decoders are made for, whose map is then of another stride."""
    strides = [spec.stride for spec in segmenter.backbone.features]
    finest, deepest = _USUAL_STRIDES
    if len(set(strides)) == 1 or (strides[0] <= finest and strides[-1] <= deepest):
        return ()
    name = getattr(segmenter.backbone, "name", type(segmenter.backbone).__name__)
    decoder = segmenter.decoder
    is_map = isinstance(decoder, Decoder)
    of_map = f"; the map of {type(decoder).__name__} has stride {decoder.out_stride}" if is_map else ""
    return (f"levels of {name} have strides {', '.join(map(str, strides))}, most decoders expect 4 to 32{of_map}",)


def _of_depth(segmenter: Segmenter) -> tuple[str, ...]:
    """Say if a decoder that looks at the deepest level alone was made for a finer one."""
    decoder, stride = segmenter.decoder, segmenter.backbone.features[-1].stride
    meant = decoder.meant_stride
    if meant is None or stride <= meant:
        return ()
    return (
        f"{type(decoder).__name__} is meant for a deepest level of stride {meant} or less, this one has {stride}; set "
        f"model.backbone.output_stride: {meant} if the backbone has such an option, or take borders as coarse as that",
    )


def _training_size(tree: Mapping[str, Any], data: SegmentationDataModule) -> tuple[int, int, tuple[str, ...]]:
    """Return height and width of training images in pixels, and what was assumed."""
    sizes = list(_sizes(arguments_of(tree).get("train_transforms") or ()))
    if sizes:
        return (*sizes[-1], ())
    stated = getattr(data, "image_size", None)
    if isinstance(stated, int):
        return stated, stated, ()
    height, width = CAMVID_SIZE if isinstance(data, CamVidDataModule) else ASSUMED_SIZE
    return height, width, (f"images of {height}x{width} are assumed: no crop or resize among data.train_transforms",)


def _sizes(transforms: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield height and width that transforms give images, in order, those inside compositions included."""
    for transform in transforms:
        arguments = arguments_of(transform)
        size = arguments.get("size", (arguments.get("height"), arguments.get("width")))
        pair = (size, size) if isinstance(size, int) else tuple(size)
        if len(pair) == 2 and all(isinstance(side, int) for side in pair):
            yield pair
        if isinstance(arguments.get("transforms"), Sequence):
            yield from _sizes(arguments["transforms"])


def _times(shape: Sequence[int]) -> str:
    return "x".join(str(size) for size in shape)
