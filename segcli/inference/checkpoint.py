"""Read what a checkpoint says of its experiment."""

import pickle
from pathlib import Path
from typing import Any

import torch

CHECKPOINT_KEY = "segcli"


class CheckpointError(ValueError):
    """A file is no checkpoint of segcli; the message says which and why."""


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Load a checkpoint onto the CPU, without running any code in it.

    Raises:
        CheckpointError: If the file is missing, damaged or not written by segcli.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint {path}") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise CheckpointError(f"cannot read checkpoint {path}: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict) or CHECKPOINT_KEY not in content:
        raise CheckpointError(f"{path} was not written by segcli: it holds no experiment; give the experiment with -c")
    return content


def experiment_in(content: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the resolved experiment and the class names inside a loaded checkpoint."""
    record = content[CHECKPOINT_KEY]
    return dict(record["config"]), tuple(record["classes"])


def without_pretraining(tree: dict[str, Any]) -> dict[str, Any]:
    """Return an experiment whose backbone loads no weights, since a checkpoint brings them all.

    Args:
        tree: The experiment, expanded; it is not changed.
    """
    backbone = tree["model"]["backbone"]
    off: dict[str, object] = {"pretrained": False, "weights": None}
    arguments = {k: off.get(k, v) for k, v in backbone.get("init_args", {}).items()}
    if backbone["class_path"].rpartition(".")[2] == "TimmBackbone":
        arguments |= off
    return {**tree, "model": {**tree["model"], "backbone": {**backbone, "init_args": arguments}}}
