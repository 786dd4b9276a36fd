"""Whether a split is read from a cache of decoded samples, and where that lies."""

import sys
from pathlib import Path

from segcli.config.output import say
from segcli.datasets.data_progress import DataProgress
from segcli.datasets.decoded_cache import DecodedCache, decoded_bytes, make_room
from segcli.datasets.sample_dataset import SampleDataset
from segcli.disk import cache_folder
from segcli.sample import DataError

AUTO, OFF = "auto", "off"
LEAST_BYTES, MOST_BYTES = 2**24, 2**31
"""Of a decoded split that is cached where nothing is asked for: less is decoded in no time."""
ALL_BYTES = 2**33
"""Of all caches in the user's folder."""


def use_cache(dataset: SampleDataset, cache: str) -> None:
    """Let a split read its samples from a cache, if it is to have one.

    Without a folder to write to, or space in it, samples are decoded as they are needed, and a warning says so. So they
    are without a word where files are at fault, all of which are told before the first epoch.

    Args:
        dataset: The split.
        cache: ``auto`` for the user's cache folder, where the split is neither small nor large; ``off``; or a folder.
    """
    if cache == OFF or dataset.decoding() is None or dataset.cache is not None or not len(dataset):
        return
    folder = cache_folder() / "decoded" if cache == AUTO else Path(cache).expanduser()
    try:
        dataset.cache = DecodedCache.known(dataset, folder)
        if dataset.cache is None and (cache != AUTO or LEAST_BYTES <= decoded_bytes(dataset) <= MOST_BYTES):
            if cache == AUTO:
                make_room(folder, ALL_BYTES - MOST_BYTES)
            with DataProgress(len(dataset), f"decoding images into {folder}") as progress:
                dataset.cache = DecodedCache.built(dataset, folder, progress.advance)
    except DataError:
        return
    except OSError as error:
        say(
            f"warning: no decoded images are kept in {folder} ({error.strerror or error}); set data.cache to a folder "
            "that can be written to, or to off",
            file=sys.stderr,
        )
