"""What the values of masks stand for: classes, pixels that do not count, and all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segcli.config.errors import did_you_mean
from segcli.datasets.label_mapping import NAME_EVERY_VALUE, LabelMapping
from segcli.datasets.mask_reader import (
    HIGH,
    LOW,
    ColourReader,
    MaskReader,
    ThresholdReader,
    ValueReader,
    is_colour,
    parsed_value,
)
from segcli.datasets.own_reader import OwnReader
from segcli.sample import IGNORE_INDEX, DataError

Values = Mapping[int | str, str]
ERROR, IGNORE = "error", "ignore"


@dataclass(frozen=True)
class LabelTable:
    """How masks are read.

    Attributes:
        classes: Names of the classes, in the order of their indices.
        reader: Turns a file into integers.
        mapping: From integers to class indices.
    """

    classes: tuple[str, ...]
    reader: MaskReader
    mapping: LabelMapping


def label_table(
    classes: Sequence[str] | None,
    mask_values: Values | None,
    ignore_values: Sequence[int | str] = (),
    ignore_classes: Sequence[str] = (),
    other_values: str = ERROR,
    threshold: int | None = None,
    reader: MaskReader | None = None,
) -> LabelTable:
    """Return how masks of values or colours are read.

    Args:
        classes: Names of the classes in the order of their indices; without ``mask_values`` their positions are the
            mask's values. None takes the order of ``mask_values``.
        mask_values: Value or ``#rrggbb`` to class name; several values may share a class.
        ignore_values: Values or colours that no loss and no metric sees.
        ignore_classes: Names whose values are ignored in the same way; they are no classes then.
        other_values: ``error``, ``ignore``, or the class that all other values are of; ``classes`` may name it alone.
        threshold: Smallest grey value, or value of each channel of a colour, that is read as 255, others being read as
            0; None reads values as they are.
        reader: Reads masks; None for the one that values and threshold ask for.

    Raises:
        DataError: If the names of both do not agree, no class is left, values and colours are mixed, or a value is
            named twice.
    """
    values = mask_values if mask_values is not None else dict[int | str, str](enumerate(classes or ()))
    kept = _kept([*dict.fromkeys(values.values())], classes or (), ignore_classes, other_values)
    keys = (*values, *ignore_values)
    reader = _reader(keys, threshold) if reader is None else _own_reader(reader, keys, threshold)
    indices, ignored = dict[int, int](), [_integer(key) for key in ignore_values]
    for key, name in values.items():
        if name in ignore_classes:
            ignored.append(_integer(key))
        else:
            indices[_integer(key)] = kept.index(name)
    if len({*map(_integer, keys)}) < len({*keys}):
        raise DataError(f"data.mask_values and ignore_values got {list(keys)}, expected every value once.")
    advice = NAME_EVERY_VALUE if reader.shown is None else _NAME_EVERY_COLOUR
    return LabelTable(
        kept, reader, LabelMapping(indices, ignored, advice, index_of_others(other_values, kept), reader.shown)
    )


def index_of_others(other_values: str, classes: Sequence[str]) -> int | None:
    """Return what all that is not named is: the index of a class, or ``IGNORE_INDEX``; None if it is an error.

    Args:
        other_values: ``error``, ``ignore``, or a class; a class that is called like a keyword is not meant.
        classes: Names, in order.
    """
    keywords = {ERROR: None, IGNORE: IGNORE_INDEX}
    return keywords[other_values] if other_values in keywords else list(classes).index(other_values)


def _kept(named: Sequence[str], classes: Sequence[str], ignored: Sequence[str], other_values: str) -> tuple[str, ...]:
    """Return the classes in order: those of ``classes`` where it is given, of ``named`` else, but for ignored ones."""
    if strangers := [name for name in ignored if name not in named]:
        raise DataError(f"data.ignore_classes got {strangers}, which data.mask_values does not name; correct it.")
    kept = tuple(name for name in (classes or named) if name not in ignored)
    if not kept or other_values in ignored:
        raise DataError(f"data.ignore_classes got {list(ignored)}, which leaves no class; correct it.")
    if other_values not in (ERROR, IGNORE, *kept):
        raise DataError(
            f"data.other_values got {other_values!r}, expected error, ignore, or a class of {list(kept)}"
            f"{did_you_mean(other_values, (ERROR, IGNORE, *kept))}; a class that no value names stands in data.classes."
        )
    if set(kept) != {*named, *({other_values} - {ERROR, IGNORE})} - set(ignored):
        raise DataError(
            f"data.classes got {list(classes)} and data.mask_values names {list(named)}, expected the same names in "
            "both; give only mask_values, or correct one."
        )
    return kept


_NAME_EVERY_COLOUR = (
    'Name every colour in data.mask_values, e.g. {"#ff0000": car}, list it in ignore_values, or set data.other_values: '
    "ignore."
)


def _reader(keys: Sequence[int | str], threshold: int | None) -> MaskReader:
    colours = [key for key in keys if is_colour(key)]
    if broken := [key for key in keys if isinstance(key, str) and key.startswith("#") and key not in colours]:
        raise DataError(f"data.mask_values got {broken[0]!r}, expected a colour of six hexadecimal digits: '#ff8000'.")
    if colours and len(colours) < len(keys):
        raise DataError(f"data.mask_values and ignore_values got {list(keys)}, expected either values or colours.")
    if threshold is not None and not LOW < threshold <= HIGH:
        raise DataError(f"data.mask_threshold got {threshold}, expected {LOW + 1} to {HIGH}.")
    if threshold is not None and (odd := [key for key in keys if not _is_reached(key)]):
        raise DataError(
            f"data.mask_values and ignore_values got {odd[0]!r}, which no pixel has with data.mask_threshold, expected "
            "0 and 255, or colours of 00 and ff."
        )
    if colours:
        return ColourReader(threshold)
    return ValueReader() if threshold is None else ThresholdReader(threshold)


def _own_reader(reader: MaskReader, keys: Sequence[int | str], threshold: int | None) -> MaskReader:
    """Return a reader of the user's, beside which there is none of ours."""
    if threshold is not None or any(map(is_colour, keys)):
        raise DataError(
            "data.reader got a value beside data.mask_threshold or colours in data.mask_values and ignore_values, "
            "expected one of these: each says how masks are read."
        )
    return OwnReader(reader)


def _is_reached(key: int | str) -> bool:
    """Return whether a value may be there where each channel is 0 or 255."""
    value = parsed_value(key)
    if not isinstance(value, int):
        return True  # told elsewhere
    return all(value >> shift & HIGH in (LOW, HIGH) for shift in (0, 8, 16)) if is_colour(key) else value in (LOW, HIGH)


def _integer(key: int | str) -> int:
    value = parsed_value(key)
    if isinstance(value, str):
        raise DataError(
            f"data.mask_values got {key!r}, expected an integer or a colour such as '#ff0000'; names of folders go "
            "with {class} in data.mask."
        )
    return value
