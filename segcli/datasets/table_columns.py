"""Which columns of a table hold images and masks."""

from collections.abc import Sequence

from segcli.config.errors import did_you_mean
from segcli.datasets.pairing import few
from segcli.datasets.table_file import TableFile
from segcli.sample import DataError

_IMAGES = ("image", "img", "images", "pixel_values", "picture", "photo")
_MASKS = (
    *("mask", "label", "annotation", "masks", "labels", "annotations", "segmentation", "segmentation_mask", "seg"),
    *("label_mask", "mask_image", "label_image", "ground_truth", "gt", "semantic_mask", "semantic_segmentation"),
)
"""What columns are usually called."""
_BYTES = ("binary", "large_binary")
_EXPECTED = "images as bytes of PNG, JPEG and such, as the feature Image of datasets stores them"


def columns_of_images(table: TableFile, image: str | None, mask: str | None) -> tuple[str, str | None]:
    """Return the columns of images and of masks, None where none is, or it is not sure which.

    Args:
        table: It.
        image: Column of images; None for the one that may be.
        mask: The same of masks.

    Raises:
        DataError: If one is not there or holds something else, or it is not sure which holds images.
    """
    fitting = [name for name in table.columns if _holds_files(table, name)]
    if image is not None:
        _require_files(require_column(image, table, "image_column"), fitting, table)
    if mask is not None:
        _require_files(require_column(mask, table, "mask_column"), fitting, table)
    others = [name for name in fitting if name not in (image, mask)]
    if image is None:
        image = _only(others, _IMAGES, [name for name in others if mask is not None or not _is_called(name, _MASKS)])
        if image is None and not others:
            none = "none but that of masks" if fitting else "none"
            raise DataError(
                f"{table.file} has columns {few(table.columns)}, of which {none} "
                f"holds {_EXPECTED}; write it so, or correct data.root."
            )
        if image is None:
            raise DataError(
                f"{table.file} has columns {few(table.columns)}, of which {few(others)} may hold images; "
                "it is not sure which one does. Set data.listing.image_column."
            )
    if mask is None:
        others = [name for name in others if name != image]
        mask = _only(others, _MASKS, others)
    return image, mask


def _only(names: Sequence[str], usual: Sequence[str], rest: Sequence[str]) -> str | None:
    """Return the one name that is a usual one, or the only one of the rest; None where there is none such."""
    called = [name for name in names if _is_called(name, usual)]
    return called[0] if len(called) == 1 else rest[0] if not called and len(rest) == 1 else None


def _is_called(name: str, usual: Sequence[str]) -> bool:
    return name.casefold() in usual


def require_column(name: str, table: TableFile, key: str) -> str:
    """Return a name, if a column is called so.

    Args:
        name: As asked for.
        table: The table.
        key: Argument of the listing that asks.

    Raises:
        DataError: If none is.
    """
    if name not in table.columns:
        raise DataError(
            f"data.listing.{key} got {name!r}{did_you_mean(name, table.columns)}, and {table.file} has columns "
            f"{few(table.columns)}."
        )
    return name


def _require_files(name: str, fitting: Sequence[str], table: TableFile) -> None:
    if name not in fitting:
        raise DataError(f"{table.file}: column {name} holds {table.schema.field(name).type}, expected {_EXPECTED}.")


def _holds_files(table: TableFile, name: str) -> bool:
    """Return whether a column holds bytes, alone or beside a path."""
    kind = table.schema.field(name).type
    if not str(kind).startswith("struct<"):
        return str(kind) in _BYTES
    parts = (kind.field(at) for at in range(kind.num_fields))
    return any(part.name == "bytes" and str(part.type) in _BYTES for part in parts)
