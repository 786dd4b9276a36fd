"""What makes two runs the same experiment: a hash of every value that can change a result. Torch-free."""

import hashlib
from collections.abc import Mapping
from typing import Any

from segcli.config.canonical import flattened, text
from segcli.config.component import arguments_of
from segcli.config.environment import identified
from segcli.config.keys import SEED


def identity(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a resolved experiment can change a result, by plain dotted keys such as ``model.decoder.width``.

    Args:
        config: Every value, as ``config.yaml`` holds it; what is from the environment is known by its digest.
    """
    return flattened(identified(config))


def differing_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the keys in which two identities differ, in their order; 1 and true are two values."""
    keys = dict.fromkeys((*before, *after))
    return [key for key in keys if not (key in before and key in after and text(before[key]) == text(after[key]))]


def config_hash(config: Mapping[str, Any]) -> str:
    """Return 16 hexadecimal digits that are equal for runs of one experiment with one seed."""
    return _hash(identity(config))


def experiment_hash(config: Mapping[str, Any]) -> str:
    """Return 16 hexadecimal digits that are equal for runs that differ in nothing but the seed."""
    return _hash({key: value for key, value in identity(config).items() if key != SEED})


def start_hashes(passport: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a run began from, where that is not drawn from the seed: pretrained weights, another run's state.

    Args:
        passport: Of the run.
        config: Its ``config.yaml``.
    """
    arguments = arguments_of((config.get("model") or {}).get("backbone"))
    arguments = arguments if isinstance(arguments, Mapping) else {}
    is_given = arguments.get("weights") is not None or arguments.get("pretrained")
    hashes = passport.get("weights") or {}
    states = [passport.get(key) or {} for key in ("started_from", "loaded")]
    is_given = is_given and (not states[0] or any(name.startswith("backbone.") for name in states[0].get("new", ())))
    parts = (hashes.get("backbone") if is_given else None, *(state.get("sha256") for state in states))
    return tuple(str(part) for part in parts if part)


def _hash(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(text(values).encode()).hexdigest()[:16]
