"""What makes two runs the same experiment: a hash of every value that can change a result. Torch-free."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

IRRELEVANT = (
    "data.num_workers",
    "defaults",
    "last_checkpoint",
    "pictures",
    "run",
    "trainer.barebones",
    "trainer.default_root_dir",
    "trainer.enable_autolog_hparams",
    "trainer.enable_checkpointing",
    "trainer.enable_model_summary",
    "trainer.enable_progress_bar",
    "trainer.log_every_n_steps",
    "trainer.logger",
    "trainer.profiler",
)
"""Keys, and those below them, that say where a run lies and what it writes, not what it trains."""
SEED = "seed_everything"
PATHS = (".root", "_dir", "_path", ".dirpath")
"""Ends of keys whose value is a path of data, of which the last part counts: the passport has their fingerprint."""


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and values; lists and empty mappings are values."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def identity(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a resolved experiment can change a result, by plain dotted keys such as ``model.decoder.width``.

    Args:
        config: Every value, as ``config.yaml`` holds it, or as :func:`segcli.config.resolve.resolve` gives it.
    """
    plain = ((key.replace(".init_args", ""), value) for key, value in leaves(config))
    return {key: _canonical(key, value) for key, value in plain if not _below(key, IRRELEVANT)}


def config_hash(config: Mapping[str, Any]) -> str:
    """Return 16 hexadecimal digits that are equal for runs of one experiment with one seed."""
    return _hash(identity(config))


def experiment_hash(config: Mapping[str, Any]) -> str:
    """Return 16 hexadecimal digits that are equal for runs that differ in nothing but the seed."""
    return _hash({key: value for key, value in identity(config).items() if key != SEED})


def _hash(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(key: str, value: Any) -> Any:  # noqa: ANN401  (a value of an experiment)
    """Return a value as JSON may hold it: 1.0 is 1, a tuple a list, and of a path of data the last part counts."""
    if isinstance(value, Mapping):
        return {str(name): _canonical(key, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(key, part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and key.endswith(PATHS):
        return PurePath(value).name
    return value


def _below(key: str, prefixes: tuple[str, ...]) -> bool:
    return any(key == prefix or key.startswith(f"{prefix}.") for prefix in prefixes)
