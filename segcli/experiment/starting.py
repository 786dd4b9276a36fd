"""Start from other weights: read before any data, they decide what the backbone loads of its own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from segcli.config.component import arguments_of
from segcli.experiment.meta_build import needs_values, network
from segcli.experiment.parts import PartError, Tree, blamed, part
from segcli.inference.start_weights import StartWeights
from segcli.inference.warm_start import BACKBONE, misfits, require_fit
from segcli.segmenter import Segmenter

KEY = "model.weights"


def read_start(tree: Tree) -> StartWeights | None:
    """Return what an experiment starts from, if it names weights.

    Raises:
        PartError: If the file is missing or holds none.
    """
    path = tree["model"].get("weights")
    if path is None:
        return None
    with blamed(KEY):
        return StartWeights.read(Path(path))


def brings_backbone(tree: Tree, start: StartWeights) -> bool:
    """Return whether weights fit the whole backbone of an experiment, by names and shapes of a model without values.

    Raises:
        PartError: If nothing of them fits the model, or parts of it refuse each other.
    """
    segmenter = _without_weights(tree)
    own = segmenter.state_dict()
    new = misfits(own, start.named(own, type(segmenter.decoder).__name__).weights)
    with blamed(KEY):
        require_fit(segmenter, start, new)
    return not any(name.startswith(BACKBONE) for name in new)


def with_backbone(start: StartWeights, backbone: Mapping[str, Any]) -> StartWeights:
    """Return weights that know what the backbone loads of its own.

    Args:
        start: The weights.
        backbone: The backbone, as in a resolved experiment.
    """
    arguments = arguments_of(backbone)
    if (file := arguments.get("weights")) is not None:
        return replace(start, backbone=f"from model.backbone.weights {file}")
    if "pretrained" not in arguments:
        return start
    return replace(start, backbone="those of model.backbone.pretrained" if arguments["pretrained"] else "random")


def _without_weights(tree: Tree) -> Segmenter:
    """Build a model that knows shapes and no values; the random numbers of the run are left alone."""
    num_classes = len(part(tree, "data").classes)
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):
                return network(tree, num_classes)
        except PartError as error:
            if not needs_values(error):
                raise
        return network(tree, num_classes)
