"""Say what the data of an experiment hold: ``segcli data stats -c FILE``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say, say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.datamodules.segmentation_data_module import SegmentationDataModule
    from segcli.inspection.statistics import DataStatistics


def run(typed: Typed) -> int:
    """Read all data; print what there is, and write the page.

    Raises:
        ConfigError: If an option or the experiment is wrong, there are no data, or the page cannot be written.
    """
    from segcli.experiment.data import build_data
    from segcli.experiment.errors.situation import Building
    from segcli.experiment.errors.translate import translated
    from segcli.reports.data_stats_report import data_stats_report

    page = typed.value("--html")
    if page is not None and Path(page).suffix not in (".html", ".htm"):
        raise ConfigError([Problem(f"got {page!r}, expected a name that ends in .html", "--html")])
    experiment, data = build_data(typed.arguments, "stats")
    with translated(Building(experiment)):
        found = _measured(data, Path(typed.files[0]).stem, typed.value("--split"))
    if page is not None:
        _write(found, Path(page))
    say_text(data_stats_report(found, typed.format))
    return 0


def _measured(data: SegmentationDataModule, name: str, only: str | None) -> DataStatistics:
    """Measure one split, or all that there are.

    Raises:
        DataError: If the split is not there, or a file is at fault.
    """
    from segcli.datasets.data_progress import DataProgress
    from segcli.inspection.prepared_splits import LABELLED, prepare_splits
    from segcli.inspection.split_statistics import split_statistics
    from segcli.inspection.statistics import DataStatistics

    if only is not None:
        data.prepare(next(split for split in LABELLED if split == only))
    else:
        for error in prepare_splits(data).values():
            raise error
    with DataProgress(sum(map(len, data.datasets.values())), "reading data") as progress:
        splits = [
            split_statistics(split, dataset, data.classes, progress.advance) for split, dataset in data.datasets.items()
        ]
    return DataStatistics(name, splits, [f"#{bytes(colour).hex()}" for colour in data.palette])


def _write(found: DataStatistics, path: Path) -> None:
    from segcli.comparison.load import shown
    from segcli.disk import write_text
    from segcli.inspection.page import page

    try:
        write_text(path, page(found))
    except OSError as error:
        raise ConfigError([Problem(f"cannot write {path}: {error.strerror or error}")]) from None
    say(f"written to {shown(path.resolve())}", file=sys.stderr)
