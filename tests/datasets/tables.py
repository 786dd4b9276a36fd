"""Data sets of Hugging Face's on disk for tests, as its own library writes them."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

SIZE = (16, 20)


def png(seed: int, mask: bool = False, size: tuple[int, int] = SIZE) -> bytes:
    """Return a picture of noise, or a mask of 0 and 1."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 2 if mask else 256, size if mask else (*size, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def pixels_of(content: bytes) -> Any:  # noqa: ANN401  (an array)
    """Return what Pillow reads."""
    return np.array(Image.open(io.BytesIO(content)))


def rows(count: int, first: int = 0) -> dict[str, list[Any]]:
    """Return columns of images and masks, as the feature Image stores them, and of patients."""
    numbers = range(first, first + count)
    return {
        "image": [{"bytes": png(number), "path": f"{number}.png"} for number in numbers],
        "label": [{"bytes": png(number, mask=True), "path": None} for number in numbers],
        "patient": [f"p{number // 2}" for number in numbers],
    }


def write_parquet(file: Path, columns: Mapping[str, Sequence[Any]], row_group_size: int = 2) -> Path:
    """Write columns as one Parquet file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(_table(columns), file, row_group_size=row_group_size)
    return file


def write_arrow(file: Path, columns: Mapping[str, Sequence[Any]], batch: int = 2, stream: bool = True) -> Path:
    """Write columns as a stream of Arrow, or as a file with a footer."""
    file.parent.mkdir(parents=True, exist_ok=True)
    table = _table(columns)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(str(file), table.schema) as writer:
        writer.write_table(table, max_chunksize=batch)
    return file


def _table(columns: Mapping[str, Sequence[Any]]) -> Any:  # noqa: ANN401  (of pyarrow)
    """Return a table whose columns of images have the type of the feature Image."""
    image = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    are_images = {name: any(isinstance(value, dict) for value in values) for name, values in columns.items()}
    return pa.table({name: pa.array(columns[name], image if found else None) for name, found in are_images.items()})


def write_hub(root: Path) -> Path:
    """Write a repository of the hub: 6 images to train with in two files, 3 to validate, 2 to test."""
    for name, count, first in (
        *(("train-00000-of-00002", 4, 0), ("train-00001-of-00002", 2, 4)),
        *(("validation-00000-of-00001", 3, 6), ("test-00000-of-00001", 2, 9)),
    ):
        write_parquet(root / "data" / f"{name}.parquet", rows(count, first))
    return root
