"""Find mistakes in experiments without running them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from segcli.config import trust
from segcli.config.check import check
from segcli.config.compose import Experiment, compose
from segcli.config.discover import FRAGMENTS, find_experiments
from segcli.config.errors import ConfigError, Problem
from segcli.config.experiment_file import experiment_file
from segcli.config.foreign import Foreign, find_foreign, find_plug_ins, without
from segcli.config.library import installed
from segcli.config.lint import lint
from segcli.config.model_name import model_name
from segcli.config.monitored import check_monitors
from segcli.config.node import MappingNode, lookup
from segcli.config.trainable import check_trainable
from segcli.experiment.check_frames import frame_warnings
from segcli.experiment.errors.situation import Building, Reading
from segcli.experiment.errors.translate import translated
from segcli.experiment.own_code import import_own
from segcli.experiment.quiet import quiet

if TYPE_CHECKING:
    from jsonargparse import Namespace

    from segcli.datamodules.segmentation_data_module import SegmentationDataModule
    from segcli.experiment.meta_build import ModelCost

_T = TypeVar("_T")


@dataclass
class Report:
    """What was found in one file.

    Attributes:
        file: The file, as shown.
        errors: Mistakes.
        warnings: What runs but should be looked at.
        experiment: The composed experiment, if it composes.
        is_fragment: Whether it is only a part of experiments.
        cost: What the model costs, where it was built.
        batches: Training batches of an epoch, where the data set was counted.
        left_out: What was not checked, since it would have run code of others.
        ran: Classes of others that were constructed.
    """

    file: str
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    experiment: Experiment | None = None
    is_fragment: bool = False
    cost: "ModelCost | None" = None
    batches: int | None = None
    left_out: list[Foreign] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    @property
    def about(self) -> str:
        """What the experiment trains, and what that costs."""
        if self.is_fragment:
            return "a fragment: keys, names and plain types were checked, not what it leaves to others"
        if self.experiment is None:
            return ""
        return model_name(self.experiment) + (f"  {self.cost}" if self.cost else "")

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed in building the model, and what was not checked."""
        what = "is not run by this check, so only its text was read"
        left_out = (f"{each.key}: {each.name} {what}" for each in self.left_out)
        return (*(self.cost.notes if self.cost else ()), *left_out)


def check_experiments(
    given: Sequence[str | MappingNode], overrides: Sequence[str] = (), builds: bool = False
) -> list[Report]:
    """Check experiments without data and without weights.

    Args:
        given: Files, run folders, or folders of experiments; or experiments that are no files.
        overrides: ``--key value`` arguments over each.
        builds: Whether to build each model too, and pass a batch of shapes through it.

    Returns:
        A report for each.

    Raises:
        ConfigError: If there is nothing to check.
    """
    reports = [_composed(each, overrides) for each in dict.fromkeys(_each(given))]
    whole = [report for report in reports if not report.errors and not report.is_fragment]
    if whole:
        _parse_all(whole, builds)
    _lint_all(reports)
    return reports


def _each(given: Sequence[str | MappingNode]) -> list[str | MappingNode]:
    """Return the files that words name; a folder that is no run stands for the experiments in it."""
    found: list[str | MappingNode] = []
    for word in given:
        path = Path(word) if isinstance(word, str) else None
        if path is None or not path.is_dir() or (path / "config.yaml").is_file():
            found.append(word)
            continue
        inside = find_experiments(path, installed())
        if not inside:
            raise ConfigError([Problem(f"no experiments in {path.resolve() if word == '.' else word}; name a file")])
        found += [installed().files.show(file) for file in inside]
    return found


def _composed(given: str | MappingNode, overrides: Sequence[str]) -> Report:
    """Compose one experiment and check it without torch."""
    if isinstance(given, MappingNode):
        return _checked(Report(given.source.where), partial(compose, [], overrides, given))
    try:
        file = experiment_file(given)
    except ConfigError as error:
        return Report(given, list(error.problems))
    return _checked(Report(installed().files.show(file)), partial(compose, [file], overrides), file)


def _checked(report: Report, compose_it: Callable[[], Experiment], file: Path | None = None) -> Report:
    try:
        report.experiment = compose_it()
        report.errors = check_trainable(report.experiment.root, report.experiment.library)
    except ConfigError as error:
        report.errors = list(error.problems)
        if file is not None and FRAGMENTS & set(Path(report.file).parts):
            _as_fragment(file, report)
    return report


def _as_fragment(file: Path, report: Report) -> None:
    """Forgive a part of experiments what it leaves to others."""
    try:
        experiment = compose([file], checked=False)
    except ConfigError:
        return
    problems = check(experiment.root, experiment.library)
    left = [problem for problem in problems if not _is_absence(problem, experiment)]
    if len(left) < len(problems):
        report.experiment, report.errors, report.is_fragment = experiment, left, True


def _is_absence(problem: Problem, experiment: Experiment) -> bool:
    """Return whether a mistake is only that a key, or the class of arguments, is not there."""
    node = lookup(experiment.root, tuple(problem.key.split(".")))
    return node is None or (isinstance(node, MappingNode) and node.inner is not None and len(node.value) == 1)


def _parse_all(reports: Sequence[Report], builds: bool) -> None:
    """Check with torch: types as jsonargparse sees them, what constructors refuse, and the model if asked for."""
    from segcli.experiment.lightning_cli import SegmentationCLI

    quiet()  # after the import, which sets the loggers' levels
    cli = SegmentationCLI()
    for report in reports:
        experiment = report.experiment
        assert experiment is not None
        foreign = find_foreign(experiment)
        allowed = [each for each in foreign if each.path[0] == "model" and builds and not trust.is_limited()]
        report.left_out = [each for each in foreign if each not in allowed]
        tree, filled = without(experiment, report.left_out)
        try:
            with translated(Reading(experiment, tree)):
                import_own([*allowed, *find_plug_ins(experiment)])
                config = cli.parse(tree)
        except ConfigError as error:
            report.errors += error.problems
        else:
            report.ran = [each.name for each in allowed]
            _build(report, experiment, tree, config, builds, filled)


def _build(
    report: Report, experiment: Experiment, tree: dict[str, Any], config: "Namespace", builds: bool, filled: set[str]
) -> None:
    """Build what can be without data and weights, and without code of others that is not to be run."""
    from segcli.experiment.meta_build import measure_model
    from segcli.experiment.parts import check_callbacks, check_checkpoint, check_parts
    from segcli.experiment.starting import read_start
    from segcli.experiment.trainer_check import check_trainer

    problems = list[Problem]()

    def attempt(build: Callable[[Any], _T], given: object) -> _T | None:
        try:
            with translated(Building(experiment)):
                return build(given)
        except ConfigError as error:
            problems.extend(error.problems)
            return None

    data = attempt(check_parts, config) if not filled else None
    if data is not None and not trust.is_limited() and experiment.get("model.schedule.warmup_steps"):
        report.batches = _count_batches(data)
    attempt(check_callbacks, config)
    attempt(check_trainer, tree)
    attempt(check_checkpoint, tree)
    attempt(read_start, tree)
    report.cost = attempt(measure_model, tree) if builds and not filled else None
    classes = data.classes if data is not None else None
    problems += check_monitors(experiment.root, experiment.library, classes)
    report.errors += dict.fromkeys(problems)


def _count_batches(data: "SegmentationDataModule") -> int | None:
    """Return the training batches of an epoch if the data set is here."""
    try:
        data.setup("fit")
        return len(data.train_dataloader())
    except (OSError, ValueError):  # without data, the experiment may be right all the same
        return None


def _lint_all(reports: Sequence[Report]) -> None:
    """Add what should be looked at; what stands in a shared parent is said once."""
    told: set[Problem] = set()
    for report in reports:
        if report.experiment is None:
            continue
        wrong = {problem.key for problem in report.errors}
        found = [*lint(report.experiment, report.file, report.batches), *frame_warnings(report.experiment)]
        report.warnings = [problem for problem in found if problem not in told and problem.key not in wrong]
        told |= {problem for problem in found if problem.source and problem.source.where != report.file}
