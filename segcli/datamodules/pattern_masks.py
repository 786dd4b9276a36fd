"""What masks that patterns find stand for, and what images without them are: of values, of shapes, or of classes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from segcli.config.errors import did_you_mean
from segcli.datamodules.own_labels import own_labels
from segcli.datasets.label_table import ERROR, Values, index_of_others
from segcli.datasets.listing import MaskKind
from segcli.datasets.mask_reader import MaskReader, is_colour, parsed_value
from segcli.datasets.own_reader import OwnReader
from segcli.datasets.pairing import few
from segcli.datasets.path_pattern import PathPattern
from segcli.datasets.record import MaskFile, Record
from segcli.datasets.record_labels import ClassFileLabels, ObjectLabels, Overlaps, RecordLabels, TableLabels
from segcli.datasets.shape_labels import ShapeLabels
from segcli.sample import DataError

SKIP, EMPTY = "skip", "empty"


class MaskKeys(NamedTuple):
    """Keys that say what masks hold; see :class:`~segcli.datamodules.pattern_data_module.PatternDataModule`."""

    classes: Sequence[str] | None
    mask_values: Values | None
    ignore_values: Sequence[int | str]
    ignore_classes: Sequence[str]
    other_values: str
    threshold: int | None
    reader: MaskReader | None = None


class PatternMasks(ABC):
    """Say what the masks of images are.

    Attributes:
        classes: Names of the classes.
    """

    classes: tuple[str, ...]

    def __init__(self, missing: str, others: Sequence[str]) -> None:
        allowed = (ERROR, SKIP, *others)
        if missing not in allowed:
            raise DataError(
                f"data.missing_masks got {missing!r}{did_you_mean(missing, allowed)}, expected {', '.join(allowed)}."
            )
        self._missing, self._others = missing, others

    def kept(self, records: Sequence[Record]) -> list[Record]:
        """Return the images that are to be used, in any split."""
        return [record for record in records if record.masks or self._missing != SKIP]

    @abstractmethod
    def prepared(self, records: Sequence[Record], of_all: Sequence[Record]) -> tuple[list[Record], RecordLabels]:
        """Return the samples of a split as they are read, and what reads their masks.

        Args:
            records: The images of the split.
            of_all: Those of all splits.

        Raises:
            DataError: If a mask is missing.
        """

    def _require(self, records: Sequence[Record], pattern: PathPattern | None) -> None:
        lonely = [str(record.image) for record in records if not record.masks]
        if lonely and self._missing == ERROR:
            fits = "" if pattern is None else f" that data.mask {pattern.text!r} fits"
            raise DataError(
                f"{len(lonely)} images have no mask{fits}: {few(lonely)}.\n  Give them one, or say what such an image "
                f"is by data.missing_masks: {', '.join((SKIP, *self._others))}."
            )


class ValueMasks(PatternMasks):
    """Masks whose values, or colours, tell the class.

    Args:
        pattern: Of masks.
        keys: What they hold.
        missing: ``data.missing_masks``.
    """

    def __init__(self, pattern: PathPattern | None, keys: MaskKeys, missing: str) -> None:
        self._pattern, table = pattern, own_labels(*keys)
        self.classes = table.classes
        has_several = pattern is not None and pattern.has_any
        super().__init__(missing, (*([EMPTY] if has_several else []), *self.classes))
        as_usual = keys.mask_values is None and keys.threshold is None and keys.other_values == ERROR
        are_objects = has_several and as_usual and len(self.classes) == 2
        values = [value for key in keys.ignore_values if isinstance(value := parsed_value(key), int)]
        own = None if keys.reader is None else table.reader
        labels = ObjectLabels(values, reader=own) if are_objects else TableLabels(table)
        whole = labels.ground if missing == EMPTY else self.classes.index(missing) if missing in self.classes else None
        self._labels = ObjectLabels(values, whole, own) if are_objects else TableLabels(table, whole)

    def prepared(self, records: Sequence[Record], of_all: Sequence[Record]) -> tuple[list[Record], RecordLabels]:
        """Return the samples, and what reads their masks."""
        self._require(records, self._pattern)
        return list(records), self._labels


class ShapeMasks(PatternMasks):
    """Files of polygons and other shapes, whose labels tell the class.

    Args:
        pattern: Of the files; None where a listing has them.
        keys: What they hold; ``mask_values`` and ``ignore_values`` are labels of objects.
        missing: ``data.missing_masks``.
    """

    def __init__(self, pattern: PathPattern | None, keys: MaskKeys, missing: str) -> None:
        texts = {str(text): name for text, name in (keys.mask_values or {}).items()}
        texts = texts or {name: name for name in keys.classes or ()}
        if keys.threshold is not None or keys.reader is not None or (pattern is not None and pattern.has_any):
            raise DataError(
                "data got masks of shapes, with which neither mask_threshold, reader nor * in data.mask goes."
            )
        numbered = own_labels(keys.classes, dict(enumerate(texts.values())), (), keys.ignore_classes, keys.other_values)
        self._pattern, self.classes = pattern, numbered.classes
        super().__init__(missing, self.classes)
        order = {name: index for index, name in enumerate(self.classes)}
        ignored = [*map(str, keys.ignore_values), *(text for text, name in texts.items() if name not in order)]
        others = index_of_others(keys.other_values, self.classes)
        named = {text: order[name] for text, name in texts.items() if name in order}
        self._labels = ShapeLabels(named, ignored, others, others, order.get(missing))

    def prepared(self, records: Sequence[Record], of_all: Sequence[Record]) -> tuple[list[Record], RecordLabels]:
        """Return the samples, and what reads their masks."""
        self._require(records, self._pattern)
        return list(records), self._labels


class ClassMasks(PatternMasks):
    """Masks of single classes, whose paths tell the class.

    Args:
        pattern: Of masks, with ``{class}``; None where a listing names the class of each.
        keys: What they hold; ``mask_values`` names classes by the text of ``{class}``.
        missing: ``data.missing_masks``.
        multilabel: Whether a pixel may be of several classes.
        overlaps: What a pixel in the masks of two is otherwise.
    """

    def __init__(
        self, pattern: PathPattern | None, keys: MaskKeys, missing: str, multilabel: bool, overlaps: Overlaps
    ) -> None:
        named = {str(text): name for text, name in (keys.mask_values or {}).items()}
        named = named or {name: name for name in keys.classes or ()}
        numbered = own_labels(keys.classes, dict(enumerate(named.values())), (), keys.ignore_classes, keys.other_values)
        self.classes, self._texts, self._pattern = numbered.classes, named, pattern
        if keys.threshold is not None or keys.ignore_classes:
            raise DataError("data.mask got {class}, with which neither mask_threshold nor ignore_classes goes.")
        super().__init__(missing, (EMPTY,))
        self._ignored = _values(keys.ignore_values)
        self._keys, self._multilabel, self._overlaps = keys, multilabel, overlaps

    def prepared(self, records: Sequence[Record], of_all: Sequence[Record]) -> tuple[list[Record], RecordLabels]:
        """Return the samples with a file, or None, for every class, and what reads them."""
        found = {str(mask.label) for record in of_all for mask in record.masks}
        strangers = sorted(found - set(self._texts))
        if strangers and self._keys.other_values == ERROR:
            raise DataError(
                f"{self._where} is {few(strangers)}, which data.classes or data.mask_values does not name; "
                f"name it, 001 in quotes, or leave such masks out by data.other_values: {self.classes[0]}."
            )
        lacking = [text for text in self._texts if text not in found]
        first = None if self._multilabel else self.classes[0]
        unfound = [text for text in lacking if self._texts[text] != first]
        if unfound and self._missing != EMPTY:
            text = "" if self._pattern is None else f" {self._pattern.text!r}"
            raise DataError(
                f"no mask has {few(unfound)} as {self._where}{text}; there are "
                f"{few(sorted(found))}. Correct data.classes or data.mask_values."
            )
        self._require_all(records, [text for text in self._texts if text in found])
        order = {text: self.classes.index(name) for text, name in self._texts.items()}
        labels = ClassFileLabels(
            order,
            len(self.classes),
            self._multilabel,
            self._ignored,
            self._unmarked(first, found),
            self._overlaps,
            None if self._keys.reader is None else OwnReader(self._keys.reader),
        )
        return [_in_order(record, list(order)) for record in records], labels

    @property
    def _where(self) -> str:
        """What names the class of a mask."""
        return "the class of data.listing" if self._pattern is None else "{class} of data.mask"

    def _unmarked(self, first: str | None, found: set[str]) -> int | None:
        """Return what a pixel in no mask is; None for an error."""
        if self._keys.other_values != ERROR:
            return index_of_others(self._keys.other_values, self.classes)
        return None if any(self._texts[text] == first for text in found if text in self._texts) else 0

    def _require_all(self, records: Sequence[Record], texts: Sequence[str]) -> None:
        """Refuse an image that lacks the file of a class, unless it may."""
        if self._missing == EMPTY:
            return
        self._require(records, self._pattern)
        for record in records:
            own = {mask.label for mask in record.masks}
            lacking = [text for text in texts if text not in own]
            if own and lacking:
                raise DataError(
                    f"{record.image} has masks of {few(sorted(map(str, own)))} and none of {few(lacking)}.\n  Set "
                    "data.missing_masks: empty, if a missing file says that the class does not occur, or add the files."
                )


def _values(keys: Sequence[int | str]) -> list[int]:
    """Return values to ignore in masks of one class."""
    found = [value for key in keys if isinstance(value := parsed_value(key), int) and not is_colour(key)]
    if len(found) < len(keys):
        raise DataError(f"data.ignore_values got {list(keys)}, expected integers: such masks hold 0, and 1 or 255.")
    return found


def _in_order(record: Record, texts: Sequence[str]) -> Record:
    """Return a sample with the files of every class in the classes' order, None where it has none.

    Where a class has several, None ends the files of each: by it the data of a run tell which are of which class.
    """
    by_class = {text: [mask for mask in record.masks if mask.label == text] for text in texts}
    ends = max(map(len, by_class.values())) > 1
    filled = {text: [*files, MaskFile(None, text)] if ends or not files else files for text, files in by_class.items()}
    return replace(record, masks=tuple(mask for files in filled.values() for mask in files))


def masks_of(
    pattern: PathPattern | None,
    keys: MaskKeys,
    multilabel: bool,
    overlaps: Overlaps,
    missing: str,
    kind: MaskKind,
) -> PatternMasks:
    """Return what the masks are that a pattern finds.

    Args:
        pattern: Of masks; None without.
        keys: What they hold.
        multilabel: Whether a pixel may be of several classes.
        overlaps: Whether a pixel in the masks of two classes is an ``error``, or of the ``last``.
        missing: What an image without mask is.
        kind: What they are.

    Raises:
        DataError: If keys contradict each other.
    """
    if kind == "classes":
        return ClassMasks(pattern, keys, missing, multilabel, overlaps)
    if kind == "shapes" and not multilabel:
        return ShapeMasks(pattern, keys, missing)
    if multilabel:
        raise DataError("data.multilabel got true, expected {class} in data.mask: masks of every class of their own.")
    return ValueMasks(pattern, keys, missing)
