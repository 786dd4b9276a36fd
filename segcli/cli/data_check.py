"""Find mistakes in the data of an experiment: ``segcli data check -c FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.data_preview import image_number
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.datamodules.segmentation_data_module import SegmentationDataModule
    from segcli.inspection.finding import Finding

FAULTY = 1
PICTURES = "doubted_labels"


def run(typed: Typed) -> int:
    """Read all data; print what was found.

    Raises:
        ConfigError: If the experiment is wrong, there are no data, or a picture cannot be written.
    """
    from segcli.experiment.data import build_data
    from segcli.experiment.errors.situation import Building
    from segcli.experiment.errors.translate import translated
    from segcli.inspection.check_data import check_data
    from segcli.reports.data_check_report import data_check_report

    number, folder = image_number(typed.value("--n")), Path(typed.value("--output") or PICTURES)
    checkpoint = typed.checkpoint
    if checkpoint is None and (typed.has("--n") or typed.has("--output")):
        raise ConfigError([Problem("--n and --output of data check need a trained model: --ckpt_path CKPT")])
    experiment, data = build_data(typed.arguments, "check")
    with translated(Building(experiment)):
        report = check_data(data)
        if checkpoint is not None:
            report = report.with_findings(_doubted(data, checkpoint, number, folder))
    say_text(data_check_report(report, typed.format))
    return FAULTY if report.count("error") else 0


def _doubted(data: SegmentationDataModule, checkpoint: Path, number: int, folder: Path) -> list[Finding]:
    import torch

    from segcli.datasets.data_progress import DataProgress
    from segcli.inspection.label_findings import doubted_labels, require_comparable
    from segcli.segmenter import Segmenter

    segmenter = Segmenter.from_checkpoint(checkpoint).to("cuda" if torch.cuda.is_available() else "cpu")
    require_comparable(data, segmenter)
    with DataProgress(sum(map(len, data.datasets.values())), "looking at labels") as progress:
        try:
            return list(doubted_labels(data, segmenter, number, folder, progress.advance))
        except OSError as error:
            raise ConfigError([Problem(f"cannot write to {folder}: {error.strerror}")]) from None
