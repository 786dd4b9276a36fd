from pathlib import Path

from segcli.config.errors import Problem
from segcli.config.from_python import tree_of
from segcli.experiment.check import Report, check_experiments


def test_files_folders_and_mappings_are_checked_alike(repository: Path) -> None:
    mapping = tree_of({"extends": "experiments/a.yaml", "model": {"decoder": "UNet"}})
    reports = check_experiments(["experiments", mapping])
    assert [report.file for report in reports] == [f"experiments/{name}.yaml" for name in "abc"] + ["the mapping given"]
    assert reports[-1].about == "UNet on TimmBackbone"
    assert not any(report.errors for report in reports)


def test_overrides_lie_over_each(repository: Path) -> None:
    reports = check_experiments(["experiments/a.yaml", "experiments/b.yaml"], ["--data.batch_size=none"])
    assert [[problem.key for problem in report.errors] for report in reports] == [["data.batch_size"]] * 2


def test_a_report_without_an_experiment_is_about_nothing() -> None:
    assert Report("x.yaml", [Problem("no file x.yaml")]).about == ""
