"""Find mistakes in the data of an experiment: ``segcli data check -c FILE``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segcli.config.output import say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

FAULTY = 1


def run(typed: Typed) -> int:
    """Read all data; print what was found.

    Raises:
        ConfigError: If the experiment is wrong, or there are no data.
    """
    from segcli.experiment.data import build_data
    from segcli.experiment.errors.situation import Building
    from segcli.experiment.errors.translate import translated
    from segcli.inspection.check_data import check_data
    from segcli.reports.data_check_report import data_check_report

    experiment, data = build_data(typed.arguments, "check")
    with translated(Building(experiment)):
        report = check_data(data)
    say_text(data_check_report(report, typed.format))
    return FAULTY if report.count("error") else 0
