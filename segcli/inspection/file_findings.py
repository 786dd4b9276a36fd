"""Findings about files: those that cannot be used, that change values, and that nothing uses."""

from collections.abc import Iterator, Mapping, Sequence

from segcli.comparison.figures import plural
from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.mask_check import lossy_note
from segcli.inspection.finding import Finding, Severity
from segcli.inspection.prepared_splits import NEEDED
from segcli.inspection.scan import Scan
from segcli.sample import DataError


def refused_splits(refused: Mapping[Split, DataError]) -> Iterator[Finding]:
    """Yield that a split cannot be used at all, for missing masks or names that do not fit.

    Args:
        refused: Why, by split.
    """
    for split, error in refused.items():
        first, _, advice = str(error).partition("\n")
        severity: Severity = "error" if split in NEEDED else "warning"
        message = f"{split} cannot be used, and nothing else of it was looked at: {first}"
        yield Finding(severity, "split", message, _in_a_line(advice))


def files_at_fault(scans: Sequence[Scan]) -> Iterator[Finding]:
    """Yield what cannot be read, has another size than its image, or holds what no class is.

    Faults of one advice are one finding.

    Args:
        scans: The splits.
    """
    by_advice: dict[str, dict[str, None]] = {}
    for scan in scans:
        for _, fault in sorted(scan.check.faults):
            line, _, advice = fault.partition("\n")
            by_advice.setdefault(_in_a_line(advice), {})[line] = None
    for advice, lines in by_advice.items():
        number = plural(len(lines), "file")
        yield Finding("error", "files", f"{number} cannot be used", advice, tuple(lines))


def lossy_masks(scans: Sequence[Scan]) -> Iterator[Finding]:
    """Yield that masks are stored in a format that changes values, such as JPEG.

    Args:
        scans: The splits.
    """
    note = lossy_note([scan.check for scan in scans])
    if note is not None:
        files = dict.fromkeys(str(path) for scan in scans for _, path, _ in sorted(scan.check.lossy))
        message, _, advice = note.removeprefix("warning: ").rpartition("; ")
        yield Finding("warning", "lossy-masks", message.rpartition(": ")[0], advice, tuple(files))


def files_without_use(data: SegmentationDataModule) -> Iterator[Finding]:
    """Yield that there are files in the folder of the data which no split uses.

    Args:
        data: With its splits prepared.
    """
    unused = data.unused_files()
    if unused and data.folder is not None:
        message = f"{plural(len(unused), 'file')} below {data.folder} {'is' if len(unused) == 1 else 'are'} not used"
        files = tuple(path.relative_to(data.folder).as_posix() for path in unused)
        advice = "correct the keys that find files if they should be; else leave them, or move them out"
        yield Finding("warning", "unused-files", message, advice, files)


def _in_a_line(advice: str) -> str:
    return " ".join(line.strip() for line in advice.splitlines() if line.strip())
