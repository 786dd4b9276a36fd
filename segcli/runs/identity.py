"""What makes two runs the same experiment: a hash of every value that can change a result. Torch-free."""

import hashlib
from collections.abc import Mapping
from typing import Any

from segcli.config.canonical import flattened, text
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


def _hash(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(text(values).encode()).hexdigest()[:16]
