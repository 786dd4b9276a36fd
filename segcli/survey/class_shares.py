"""How much of the pixels each class has, among the masks that were read."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from segcli.datasets.label_file import read_label_file
from segcli.survey.mask_values import Key, MaskValues


def names_of(keys: Mapping[str, Any], root: Path) -> dict[str, str]:
    """Return value, colour or label of objects, as text in small letters, to class name.

    Args:
        keys: Arguments of the data module.
        root: Folder of the data set.
    """
    if keys.get("label_file"):
        named = read_label_file(root / keys["label_file"])
        return {_plain(key): name for key, name in named.values.items() if name not in named.ignored}
    if keys.get("mask_values"):
        return {_plain(key): str(name) for key, name in keys["mask_values"].items()}
    classes = keys.get("classes") or ()
    return {_plain(key): name for key, name in enumerate(classes)} | {_plain(name): name for name in classes}


def class_shares(
    values: MaskValues, names: Mapping[str, str], classes: Sequence[str], rest: str | None, factor: float = 1.0
) -> dict[str, float]:
    """Return the share of every class that was seen, of the pixels that count.

    Args:
        values: What masks hold.
        names: As :func:`names_of` returns them.
        classes: In order.
        rest: Class of pixels that no mask names; None where all are named.
        factor: What shares of single files are multiplied with.
    """
    found = dict[str, float]()
    for key, share in values.shares.items():
        name = names.get(_plain(key))
        if name in classes and name is not None and name != rest:
            found[name] = found.get(name, 0.0) + share * factor
    if rest is not None:
        found[rest] = max(0.0, 1.0 - sum(found.values()))
    total = sum(found.values()) or 1.0
    return {name: found[name] / total for name in classes if name in found}


def classes_seen(values: MaskValues, names: Mapping[str, str], masks: Collection[str], rest: str | None) -> set[str]:
    """Return the classes that occur in some masks.

    Args:
        values: What masks hold.
        names: As :func:`names_of` returns them.
        masks: Their paths.
        rest: Class of pixels that no mask names, which is taken to occur; None where all are named.
    """
    keys = {key for mask in masks for key in values.present.get(mask, ())}
    seen = {names[_plain(key)] for key in keys if _plain(key) in names}
    return seen | ({rest} if rest is not None else set())


def _plain(key: Key) -> str:
    return str(key).lower()
