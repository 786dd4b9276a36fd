"""See before training that all masks can be read, fit their images and hold classes only."""

import hashlib
import threading
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from segcli.datasets.file_part import FilePart
from segcli.datasets.image_channels import ImageForm
from segcli.datasets.mask_file import lossy_format_of, require_equal_sizes
from segcli.datasets.packed_file import PackedFile, Source, file_of
from segcli.datasets.pairing import few
from segcli.datasets.record_image import checked_size
from segcli.datasets.record_labels import Labels, RecordLabels
from segcli.datasets.sample_dataset import SampleDataset
from segcli.sample import DataError

HowMasks = Literal["all", "headers"]

MOST_LINES = 20
READER = b"2"
"""Version of what is accepted: another one looks at all masks again."""


class MaskCheck:
    """Collect what is wrong with the samples of a split, in several threads, and which of them are right.

    Args:
        dataset: The split.
        how: Whether to read all masks, or the headers of images and masks only, for their sizes.
        known: Digests of samples that were found right before; they are not looked at again.
    """

    def __init__(self, dataset: SampleDataset, how: HowMasks, known: Collection[bytes] = ()) -> None:
        self.dataset, self.how, self._known = dataset, how, known
        self.right: set[bytes] = set()
        self.faults: list[tuple[int, str]] = []
        self.lossy: list[tuple[int, Path, str]] = []
        self._lock = threading.Lock()

    def knows(self, digest: bytes) -> bool:
        """Return whether a sample of that digest was found right before."""
        return digest in self._known

    def look(self, index: int, content: Sequence[bytes] | None, digest: bytes) -> None:
        """Check one sample.

        Args:
            index: Its position in the split.
            content: What its sources hold; None where that was not read.
            digest: Of the content; samples of one digest are alike.
        """
        whole = self.how == "all" and content is not None
        if whole and digest in self._known:
            return
        faults = self.dataset.faults(index, content if whole else None)
        lossy = self._lossy(index, content)
        with self._lock:
            self.faults += [(index, fault) for fault in faults]
            self.lossy += [(index, *found) for found in lossy]
            if whole and not faults and not lossy:  # those are told of before every run
                self.right.add(digest)

    def look_for_unreadable(self, index: int) -> None:
        """Note the files of one sample that cannot be read, such as links to nowhere or to themselves."""
        faults = [fault for part in self.dataset.sources(index) if (fault := _unreadable(part))]
        with self._lock:
            self.faults += [(index, fault) for fault in faults]

    def _lossy(self, index: int, content: Sequence[bytes] | None) -> list[tuple[Path, str]]:
        masks = self.dataset.mask_sources(index)
        held = [None] * len(masks) if content is None else content[len(content) - len(masks) :]
        found = list[tuple[Path, str]]()
        for source, given in zip(masks, held, strict=True):
            if isinstance(source, bytes | FilePart):  # the latter is never stored so itself
                continue
            file, data = source, given
            if isinstance(source, PackedFile):
                file, data = source.path, source.read() if given is None else given
            assert isinstance(file, Path)
            if (name := lossy_format_of(file, data)) is not None:
                found.append((file, name))
        return found


def _unreadable(source: Source) -> str:
    """Return why a file cannot be read; nothing if it can."""
    path = file_of(source)
    if path is None:
        return ""
    try:
        if isinstance(source, PackedFile):
            source.read()
            return ""
        with path.open("rb"):
            return ""
    except DataError as error:
        return str(error)
    except OSError as error:
        link = f": it is a symbolic link to {path.readlink()}" if path.is_symlink() else ""
        return f"{path} cannot be read ({error.strerror}){link}; replace or remove it."


def label_key(dataset: SampleDataset) -> str | None:
    """Return digits that tell what a mask of a split may hold, as read today; None if it has no files of masks."""
    table = dataset.label_table()
    return None if table is None else hashlib.blake2b(READER + table.encode(), digest_size=8).hexdigest()


def require_right(checks: Sequence[MaskCheck]) -> None:
    """Refuse masks at fault: one line for each, and once what to do.

    Raises:
        DataError: If there are any.
    """
    refuse(fault for check in checks for _, fault in sorted(check.faults))


def refuse(found: Iterable[str]) -> None:
    """Refuse files at fault: one line for each, and once what to do.

    Args:
        found: What is wrong with each; lines after the first say what to do.

    Raises:
        DataError: If there are any.
    """
    faults = list(dict.fromkeys(found))
    if not faults:
        return
    lines, advice = [fault.partition("\n")[0] for fault in faults], dict[str, None]()
    for fault in faults:
        advice.update(dict.fromkeys(line for line in fault.splitlines()[1:] if line.strip()))
    shown = [f"  {line}" for line in lines[:MOST_LINES]]
    more = [f"  and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    count = "1 file is" if len(lines) == 1 else f"{len(lines)} files are"
    raise DataError("\n".join([f"{count} at fault:", *shown, *more, *advice]))


def lossy_note(checks: Sequence[MaskCheck]) -> str | None:
    """Return a warning of masks whose format changes values: none of theirs need be a stranger; None without any."""
    found = {str(path): name for check in checks for _, path, name in sorted(check.lossy)}
    if not found:
        return None
    count = "1 mask is" if len(found) == 1 else f"{len(found)} masks are"
    return (
        f"warning: {count} stored as {', '.join(sorted(set(found.values())))}, which changes values near edges, also "
        f"to those of other classes: {few(list(found))}; save masks as PNG, from the originals"
    )


@contextmanager
def quiet_threads() -> Iterator[None]:
    """Keep warnings of Pillow away from threads that read files: those filters are one process's, not one thread's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def faults_of(
    images: Sequence[Path],
    masks: Sequence[Path | None],
    content: Sequence[bytes] | None,
    labels: RecordLabels,
    form: ImageForm | None = None,
    keep: list[Labels] | None = None,
) -> list[str]:
    """Return what is wrong with an image's header, and with its masks.

    Args:
        images: Files of the image.
        masks: Files of its masks; None for one that it lacks.
        content: What image and masks hold; None to look at headers only.
        labels: Reads masks.
        form: That of all images, where ``data.image_mode`` does not say it.
        keep: Gets the labels of each file that was read; None where nobody needs them.
    """
    found: list[str] = []
    size: tuple[int, int] | None = None
    try:
        size = checked_size(images, content, form)
    except DataError as error:
        found.append(str(error))
    for number, mask in enumerate(masks, start=len(images)):
        if mask is None:
            continue
        try:
            if content is not None and (labels.has_size or size is not None):
                read = labels.read(mask, size, content[number])
                mask_size: tuple[int, ...] = read.shape
                if keep is not None:
                    keep.append(read)
            elif labels.has_size:
                mask_size = labels.size(mask)
            else:
                continue
            if size is not None:
                require_equal_sizes(images[0], size, mask, mask_size)
        except DataError as error:
            found.append(str(error))
    return found
