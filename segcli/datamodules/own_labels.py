"""What the values in a user's own masks stand for, as the keys of an experiment say."""

from collections.abc import Sequence

from segcli.datamodules.class_names import require_class_names
from segcli.datasets.label_table import ERROR, LabelTable, Values, label_table
from segcli.datasets.mask_reader import MaskReader
from segcli.sample import DataError


def own_labels(
    classes: Sequence[str] | None,
    mask_values: Values | None,
    ignore_values: Sequence[int | str] = (),
    ignore_classes: Sequence[str] = (),
    other_values: str = ERROR,
    threshold: int | None = None,
    reader: MaskReader | None = None,
) -> LabelTable:
    """Return how masks are read; see :func:`~segcli.datasets.label_table.label_table`.

    Raises:
        DataError: If neither classes nor values are given, they disagree, or a class has no name that can be read.
    """
    if not classes and not mask_values:
        raise DataError(
            "data got neither classes nor mask_values; name what the mask's values mean, e.g. "
            "data.mask_values: {0: background, 255: cell}, or data.classes: [background, cell] for values 0 and 1."
        )
    if classes:
        require_class_names(classes, "data.classes")
    else:
        require_class_names(list(dict.fromkeys((mask_values or {}).values())), "data.mask_values")
    return label_table(classes, mask_values, ignore_values, ignore_classes, other_values, threshold, reader)
