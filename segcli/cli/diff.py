"""Compare experiments by what they mean: ``segcli diff A B`` and ``segcli diff --git REV``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.verb import FORMAT, TRUSTED, Option, Verb
from segcli.config import trust
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.output import say_text
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.config.files import Revision
    from segcli.config.review import Review
    from segcli.ledger.staleness import Stale

VERB = Verb(
    "diff",
    """
Compare two experiments by what they mean: with inheritance, interpolation and defaults resolved, components matched by
class. A and B are files, folders of runs, or REV:FILE, with parents, presets and defaults of that revision of git;
REV:FILE alone is compared with FILE as it is now. Of two runs, the scores are compared as well. --git compares every
experiment with what it was at REV; `git merge-base` gives where a branch began. It is --trusted-only unless --own-code.
""",
    ("A B", "--git REV [FILE ...]"),
    (
        Option("--git", "compare all experiments, or these files, with that revision", "REV"),
        Option("--composed", "compare what the files say only, without the defaults of the code"),
        Option("--build", "add parameters and FLOPs of both sides (imports torch)"),
        Option("--all", "include what changes no result: run folders, loggers, workers, and paths that only moved"),
        replace(FORMAT, help="text (default), markdown (for a pull request) or json"),
        TRUSTED,
        Option(
            trust.OWN_CODE, "with --git: let --build run code of the repository, which a pull request may have changed"
        ),
        Option("--exit-code", "1 if anything differs, as git's"),
    ),
    (
        "experiments/fpn_r50.yaml experiments/unet_r50.yaml",
        "runs/fpn_r50/1 runs/fpn_r50/2 --all",
        "HEAD:experiments/fpn_r50.yaml experiments/fpn_r50.yaml",
        "--git main --format markdown",
    ),
    "Exit code: 0, 1 with --exit-code if anything differs, or 2 for mistakes.",
    words="A and B",
)


def run(typed: Typed) -> int:
    """Print the differences.

    Raises:
        ConfigError: If an experiment does not compose, or a revision is unknown.
    """
    from segcli.config.files import Revision

    revision = typed.value("--git")
    differs = _pair(typed) if revision is None else _review(typed, Revision(revision))
    return int(differs and typed.has("--exit-code"))


def _pair(typed: Typed) -> bool:
    from segcli.config.library import installed
    from segcli.experiment.experiment_diff import diff_experiments, experiment_of
    from segcli.reports.diff_report import diff_text
    from segcli.runs.run_folder import is_run

    words = list(typed.words)
    if len(words) not in (1, 2) or (len(words) == 1 and (":" not in words[0] or Path(words[0]).exists())):
        raise ConfigError([Problem(f"diff needs two experiments: {program()} diff A B, or {program()} diff --git REV")])
    if len(words) == 1:  # the same file, as it is now
        words.append(installed().files.show(experiment_of(words[0]).files[0]))
    shown = typed.has("--composed"), typed.has("--build"), typed.has("--all")
    found = diff_experiments(words[0], words[1], *shown)
    text, record = diff_text(found, typed.format), found.as_dict()
    if all(is_run(word) for word in words):
        from segcli.comparison.run_deltas import run_deltas
        from segcli.reports.delta_report import delta_record, delta_text

        deltas = run_deltas(*(Path(word) for word in words))
        text, record["deltas"] = f"{text}\n{delta_text(deltas, typed.format)}", delta_record(deltas)
    say_text(json.dumps(record, indent=2) if typed.format == "json" else text)
    return bool(found.changes)


def _review(typed: Typed, revision: Revision) -> bool:
    from segcli.config.library import installed
    from segcli.config.review import review
    from segcli.ledger.staleness import newly_stale
    from segcli.reports.diff_report import review_text

    if typed.has("--composed"):
        raise ConfigError([Problem("--git compares with all defaults; --composed is for two experiments")])
    for word in typed.words:
        if not Path(word).is_file() and not revision.is_file(Path(word)):
            near = [installed().files.show(path) for path in revision.below(Path.cwd())]
            raise ConfigError([Problem(f"no file {word}, nor at {revision.name}{did_you_mean(word, near)}")])
    found = review(revision, [Path(word) for word in typed.words], show_hidden=typed.has("--all"))
    costs = _costs(found) if typed.has("--build") else {}
    stale = newly_stale(found.experiments(), revision)
    if typed.format == "json":
        say_text(json.dumps(_as_dict(found, costs, stale), indent=2))
    else:
        say_text(review_text(found, revision.name, typed.format, costs, stale))
    return found.changed()


def _costs(found: Review) -> dict[str, tuple[str, str]]:
    """Return the cost of both sides of every experiment whose model changed."""
    from segcli.experiment.model_cost import cost_of

    changed = {name for effect in found.effects if effect.change.group == "architecture" for name in effect.experiments}
    return {name: (str(cost_of(old)), str(cost_of(new))) for name, (old, new) in found.pairs.items() if name in changed}


def _as_dict(found: Review, costs: dict[str, tuple[str, str]], stale: list[Stale]) -> dict[str, object]:
    effects = [{**effect.change.as_dict(), "experiments": list(effect.experiments)} for effect in found.effects]
    rest = {key: getattr(found, key) for key in ("added", "removed", "unchanged", "hidden", "code", "other_code")}
    for key in ("broken", "mended", "still_broken"):
        rest[key] = {name: str(problem) for name, problem in getattr(found, key).items()}
    batches = [{"before": a, "after": b, "experiments": names} for (a, b), names in found.batches.items()]
    results = [each.as_dict() for each in stale]
    return {"effects": effects, **rest, "effective_batch": batches, "costs": costs, "stale_results": results}
