"""Names of classes from the files that annotation tools and data sets bring along.

Formats: ``labelmap.txt`` of CVAT's segmentation masks (lines ``name:r,g,b:parts:actions``), ``_classes.csv`` of
Roboflow's masks (a column of pixel values and one of names), ``dataset.json`` of nnU-Net (``labels``: name to value)
and ``config_*.json`` of Mapillary Vistas (``labels``: in the order of their values, ``evaluate`` false for void).
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from segcli.sample import DataError


class NamedValues(NamedTuple):
    """What a file says of the values of masks.

    Attributes:
        values: Value, or colour as ``#rrggbb``, to class name.
        ignored: Names that the data set does not evaluate.
    """

    values: Mapping[int | str, str]
    ignored: tuple[str, ...] = ()


def read_label_file(file: Path) -> NamedValues:
    """Return the names in a file.

    Args:
        file: ``.txt``, ``.csv`` or ``.json``.

    Raises:
        DataError: If it is missing, in none of the formats, or names no class.
    """
    readers = {".txt": _label_map, ".csv": _classes_csv, ".json": _json}
    try:
        text = file.read_text(encoding="utf-8-sig")
        found = readers[file.suffix.lower()](text)
    except OSError as error:
        raise DataError(f"data.label_file got {file}, which cannot be read ({error.strerror}); correct it.") from None
    except (KeyError, ValueError, IndexError, TypeError, AttributeError):
        found = NamedValues({})
    if not found.values:
        raise DataError(
            f"data.label_file got {file}, in which no classes are found, expected a labelmap.txt of CVAT "
            "(name:r,g,b::), a _classes.csv of Roboflow, a dataset.json of nnU-Net or a config.json of Mapillary; give "
            "data.mask_values."
        )
    return found


def _value(value: object) -> int:
    """Return a value; those of several, nnU-Net's regions, and no numbers are no names of a value."""
    if type(value) is not int:
        raise ValueError("a label of another kind")
    return value


def _label_map(text: str) -> NamedValues:
    values: dict[int | str, str] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, colour, *_ = line.split(":")
            red, green, blue = (int(part) for part in colour.split(","))
            values[f"#{bytes((red, green, blue)).hex()}"] = name.strip()
    return NamedValues(values)


def _classes_csv(text: str) -> NamedValues:
    rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if row]
    return NamedValues({int(value): name for value, name, *_ in rows if value.isdecimal()})


def _json(text: str) -> NamedValues:
    labels: Any = json.loads(text)["labels"]
    if isinstance(labels, Mapping):
        names: dict[int | str, str] = {_value(value): str(name) for name, value in labels.items()}
        return NamedValues(names, tuple(name for name in names.values() if name == "ignore"))
    names = {value: str(each.get("readable") or each["name"]) for value, each in enumerate(labels)}
    return NamedValues(names, tuple(names[value] for value, each in enumerate(labels) if each.get("evaluate") is False))
