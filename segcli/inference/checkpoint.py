"""Read what a checkpoint says of its experiment."""

import pickle
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from segcli.config.environment import resolved
from segcli.config.errors import ConfigError

CHECKPOINT_KEY = "segcli"
_NEEDED = ("state_dict", "pytorch-lightning_version")
"""What every checkpoint of Lightning holds, and a file of weights alone does not."""
_COPY = "take it from a copy, or train again"
_UNREADABLE = (
    *(pickle.UnpicklingError, RuntimeError, EOFError, OSError, LookupError, TypeError, AttributeError, AssertionError),
    *(OverflowError, MemoryError, NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error, SafetensorError),
)
"""What torch, pickle, zipfile and safetensors raise for a damaged file."""


class CheckpointError(ValueError):
    """A file is no checkpoint of segcli; the message says which and why."""


def read_checkpoint(path: Path) -> Any:  # noqa: ANN401  (whatever was saved)
    """Load a file onto the CPU, without running any code in it.

    Raises:
        CheckpointError: If the file is missing, or damaged, even by a single bit.
    """
    try:
        _require_whole(path)
        is_safe = path.suffix == ".safetensors"
        content = load_file(path) if is_safe else torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint {path}") from None
    except pickle.UnpicklingError:  # torch advises to run what code the file holds
        what = "it is no checkpoint, or holds more than weights, numbers and texts, such as a whole pickled model"
        raise CheckpointError(f"cannot read checkpoint {path}: {what}") from None
    except CheckpointError:
        raise
    except (ValueError, *_UNREADABLE) as error:
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else f"it is damaged or cut off; {_COPY}"
        )
        raise CheckpointError(f"cannot read checkpoint {path}: {reason}") from None
    return content


def require_checkpoint(content: object, path: Path) -> None:
    """Refuse a file that was read, but holds no checkpoint of Lightning, such as weights alone.

    Raises:
        CheckpointError: If so.
    """
    missing = [key for key in _NEEDED if not isinstance(content, dict) or key not in content]
    if missing:
        advice = (
            "name one that a run wrote, such as its best.ckpt; weights alone are loaded in PyTorch, into a Segmenter"
        )
        raise CheckpointError(f"{path} is no checkpoint of a run: it lacks {' and '.join(missing)}; {advice}")


def non_finite(state: Mapping[str, Any]) -> str:
    """Return which weights of a state dict hold NaN or infinities, in a few words; nothing if none does."""
    floats = {name: each for name, each in state.items() if isinstance(each, Tensor) and each.is_floating_point()}
    if not floats:
        return ""
    is_finite = torch.stack([each.isfinite().all().cpu() for each in floats.values()]).tolist()
    names = [name for name, fine in zip(floats, is_finite, strict=True) if not fine]
    if not names:
        return ""
    first = floats[names[0]]
    more = f", and {len(names) - 1} more of {len(floats)} weights" if len(names) > 1 else ""
    return f"{names[0]} ({int((~first.isfinite()).sum())} of {first.numel()} values{more})"


def require_finite(content: Any, path: Path) -> None:  # noqa: ANN401  (whatever was saved)
    """Refuse a checkpoint whose weights are no numbers any more: no score and no prediction would mean anything.

    Raises:
        CheckpointError: If so; names the first such weight.
    """
    state = content.get("state_dict") if isinstance(content, Mapping) else None
    if found := non_finite(state if isinstance(state, Mapping) else {}):
        advice = "take an earlier checkpoint, or train again with a lower model.optimizer.lr"
        raise CheckpointError(f"{path} holds a weight that is NaN or infinite: {found}; {advice}")


def _require_whole(path: Path) -> None:
    """Compare the archive's own checksums, which ``torch.load`` does not look at.

    Raises:
        CheckpointError: If a part of it is not what was written.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        what = "its checksums do not fit its content"
        raise CheckpointError(f"cannot read checkpoint {path}: {what} ({damaged}); {_COPY}")


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Load a checkpoint onto the CPU, without running any code in it.

    Raises:
        CheckpointError: If the file is missing, damaged, no checkpoint or not written by segcli, or a weight is no
            finite number.
    """
    content = read_checkpoint(path)
    require_experiment(content, path)
    return content


def require_experiment(content: Any, path: Path) -> None:  # noqa: ANN401  (whatever was saved)
    """Refuse a file that was read, but holds no experiment of segcli or a weight that is no finite number.

    Raises:
        CheckpointError: If so.
    """
    require_checkpoint(content, path)
    require_finite(content, path)
    if CHECKPOINT_KEY not in content:
        raise CheckpointError(f"{path} was not written by segcli: it holds no experiment; give the experiment with -c")
    record = content[CHECKPOINT_KEY]
    classes = record.get("classes") if isinstance(record, Mapping) else None
    is_named = isinstance(classes, list | tuple) and all(isinstance(name, str) for name in classes)
    if not is_named or not isinstance(record.get("config"), Mapping):
        raise CheckpointError(f"cannot read checkpoint {path}: its experiment is damaged; {_COPY}")


def experiment_in(content: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the resolved experiment and the class names inside a loaded checkpoint."""
    record = content[CHECKPOINT_KEY]
    return dict(record["config"]), tuple(record["classes"])


def read_environment(values: Mapping[str, Any], config: Mapping[str, Any], at: str, path: Path) -> dict[str, Any]:
    """Return a part of a checkpoint's experiment with what the environment variables hold that it refers to.

    Args:
        values: The part, or some of it.
        config: The experiment.
        at: Dotted key of the part.
        path: The checkpoint.

    Raises:
        CheckpointError: If a variable is not set.
    """
    try:
        return resolved(values, config, at)
    except ConfigError as error:
        problem = error.problems[0]
        what = problem.message.partition(";")[0]
        raise CheckpointError(f"cannot build what {path} holds: {at}.{problem.key} {what}; set it") from None


def without_pretraining(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a backbone that loads no weights, since a checkpoint brings them all.

    Args:
        arguments: All its arguments, as in a resolved experiment; ``pretrained`` and ``weights`` are switched off
            where it has them.
    """
    off: dict[str, object] = {"pretrained": False, "weights": None}
    return {key: off.get(key, value) for key, value in arguments.items()}
