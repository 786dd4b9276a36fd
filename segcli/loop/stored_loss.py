"""What a checkpoint holds of a loss, which any other loss may be evaluated with, or begin a run from.

The counts that class weights follow from stand beside the weights of the model: from them follow those of every rule.
Of what a loss keeps in its own state dict, that is taken which is of the same loss.
"""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, get_args

from torch import Tensor

from segcli.datasets.class_counts import ClassCounts
from segcli.inference.checkpoint import CHECKPOINT_KEY
from segcli.loop.class_rules import class_rules, losses_in
from segcli.losses.class_balance import Balance

LOSSES = "segcli_losses"
_COUNTS, _PREFIX = "class_counts", "loss."
_STATES = ("state_dict", "current_model_state")
"""Of the model, and of the weights beside their average."""


def stored_counts(counts: ClassCounts | None) -> dict[str, Any]:
    """Return counts as a checkpoint holds them under ``LOSSES``; nothing without."""
    return {} if counts is None else {_COUNTS: {name: list(each) for name, each in counts._asdict().items()}}


def counts_in(checkpoint: Mapping[str, Any], classes: Sequence[str]) -> ClassCounts | None:
    """Return the counts in a checkpoint; None if there are none of these classes."""
    stored = checkpoint.get(LOSSES, {}).get(_COUNTS)
    if stored is None or tuple(stored["classes"]) != tuple(classes):
        return None
    return ClassCounts(**{name: tuple(each) for name, each in stored.items()})


def take_class_weights(loss: object, checkpoint: Mapping[str, Any], classes: Sequence[str]) -> None:
    """Let class weights of a loss that are not known yet follow from the training split of a checkpoint.

    Args:
        loss: Where all weights are known, such as those of a training, which counts, nothing is taken.
        checkpoint: With its model's state as it was stored.
        classes: Of the data.
    """
    waiting = [weights for weights in class_rules(loss) if weights.waits]
    counts = counts_in(checkpoint, classes)
    if waiting and counts is not None:
        for each in losses_in(loss):
            each.fit_to(counts)
    elif waiting:
        rule, values = _early_weights(checkpoint)
        for weights in waiting:
            if weights.rule == rule and len(values) == len(classes):
                weights.take(values)


def fit_state(checkpoint: Mapping[str, Any], own: Mapping[str, Tensor], names: Sequence[str]) -> None:
    """Let what the states of a checkpoint hold of a loss be what this loss has a place for.

    Args:
        checkpoint: Its states are changed.
        own: State of the model now.
        names: Of the parts of this loss; nothing is taken of a loss of others.
    """
    parts = checkpoint.get(LOSSES, {}).get("parts")
    is_same = parts is None or [name for name, _ in parts] == list(names)
    own = {name: value for name, value in own.items() if name.startswith(_PREFIX)}
    for state in (checkpoint[key] for key in _STATES if key in checkpoint):
        stored = _popped(state)
        for name, value in own.items():
            fits = is_same and name in stored and stored[name].shape == value.shape
            state[name] = stored[name] if fits else value


def _popped(state: MutableMapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: state.pop(name) for name in list(state) if name.startswith(_PREFIX)}


def _early_weights(checkpoint: Mapping[str, Any]) -> tuple[str, list[float]]:
    """Return the rule and the weights that checkpoints held before they held counts; nothing if there are several."""
    model = checkpoint.get(CHECKPOINT_KEY, {}).get("config", {}).get("model", {})
    rules = {word for word in _words(model.get("loss")) if word in get_args(Balance)}
    state = checkpoint.get("state_dict", {})
    values = [value for name, value in state.items() if name.startswith(_PREFIX) and name.endswith(".values")]
    return (rules.pop(), values[0].tolist()) if len(rules) == 1 and values else ("", [])


def _words(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping | list):
        for each in tree.values() if isinstance(tree, Mapping) else tree:
            yield from _words(each)
