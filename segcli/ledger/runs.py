"""A result made of runs: what of their folders is worth keeping, without paths, hosts and users. Torch-free."""

import statistics
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path, PurePath
from typing import Any

from segcli.config.environment import matched
from segcli.config.errors import ConfigError, Problem
from segcli.config.keys import PREDICTIONS
from segcli.config.library import installed
from segcli.ledger.entry import SCHEMA, Entry
from segcli.ledger.settings import differences, listed, portable, settings_of
from segcli.program import program
from segcli.runs.benchmarks import newest_benchmark
from segcli.runs.identity import experiment_hash, identity
from segcli.runs.run_folder import BEST, CHECKPOINTS, CONFIG, LAST, PASSPORT
from segcli.runs.stored_files import StoredFileError, read_config
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import NotTestedError, UnreadableRunError

_DIGITS = 6
_NO_SCORES = ("stage", "epoch", "step", "checkpoint", "classes")
_FREE_IN_TESTS = ("data.batch_size",)
_Values = Mapping[str, Any]


def load_runs(folders: Sequence[Path]) -> list[StoredRun]:
    """Read runs that reached their end, in the order of their seeds.

    Raises:
        ConfigError: For each that did not, is of an older version, or lacks a file.
    """
    runs, problems = [], []
    for folder in folders:
        try:
            runs.append(StoredRun.load(folder))
        except UnreadableRunError as error:
            problems.append(_problem(error))
    if problems:
        raise ConfigError(problems)
    return sorted(runs, key=lambda run: (not isinstance(run.seed, int), run.seed or 0))


def check_one_experiment(runs: Sequence[StoredRun]) -> None:
    """See that runs may be put into one figure.

    Raises:
        ConfigError: If they differ in more than the seed, or not even in that; names the keys.
    """
    first, *others = runs
    for other in others:
        both = f"{shown(first)} and {shown(other)}"
        if first.experiment_hash != other.experiment_hash:
            keys = listed(differences(settings_of(first.config), settings_of(other.config))) or "paths"
            message = f"{both} are of different experiments: {keys}; record each by itself, with --name NAME"
            raise ConfigError([Problem(message)])
        if first.weights_at_start != other.weights_at_start:
            raise ConfigError(
                [Problem(f"{both} began from different weights; record each by itself, with --name NAME")]
            )
        changed = [split for split in ("train", "val") if _split(first, split) != _split(other, split)]
        if changed:
            raise ConfigError([Problem(f"{both} saw different images: data of {', '.join(changed)}")])
        if first.passport.get("metrics") != other.passport.get("metrics"):
            raise ConfigError([Problem(f"{both} count their scores differently: see metrics in {PASSPORT}")])
    for a, b in combinations(runs, 2):
        if a.predictions and b.predictions and a.predictions["sha256"] == b.predictions["sha256"]:
            raise ConfigError([Problem(f"{shown(a)} and {shown(b)} are of the same predictions: name one of them")])
        if a.seed == b.seed and isinstance(a.seed, int) and not isinstance(a.seed, bool):
            message = f"{shown(a)} and {shown(b)} have the same seed {a.seed}: name one of them, they are one sample"
            raise ConfigError([Problem(message)])


def entry_of(name: str, runs: Sequence[StoredRun], files: Sequence[Path], overrides: Sequence[str]) -> Entry:
    """Return what is to be recorded of runs.

    Args:
        name: Of the result.
        runs: Runs that differ in nothing but the seed.
        files: Their experiment files, relative to the working directory.
        overrides: What their command lines changed, the seed left out.

    Raises:
        ConfigError: If a file of a run is missing or damaged, or a test was one of something else.
    """
    try:
        recorded = [_run(run) for run in runs]
    except UnreadableRunError as error:
        raise ConfigError([_problem(error)]) from None
    settings = settings_of(runs[0].config)
    tests = [run["test"] for run in recorded if run["test"] is not None]
    fingerprints = [test.pop("data") for test in tests]
    if any(found != fingerprints[0] for found in fingerprints):
        raise ConfigError([Problem("the runs were tested on different images; test them again on the same")])
    data = runs[0].passport["data"]
    splits = {**data["splits"], **({"test": fingerprints[0]} if fingerprints and fingerprints[0] else {})}
    content = {
        "schema": SCHEMA,
        "experiment": [file.as_posix() for file in files],
        "overrides": list(overrides),
        **({PREDICTIONS: dict(runs[0].predictions)} if runs[0].predictions else {}),
        "experiment_hash": experiment_hash(settings),
        "val": _summary([run["val"] for run in recorded]),
        "test": _summary(tests) if tests else None,
        "cost": _cost([run["cost"] for run in recorded]),
        "runs": recorded,
        "data": {"classes": list(data["classes"]), "splits": splits},
        "metrics": runs[0].passport.get("metrics"),
        "settings": settings,
    }
    return Entry(name, portable(content))


def shown(run: StoredRun) -> str:
    """Return the folder of a run as a message names it."""
    return installed().files.show(run.path)


def _problem(error: UnreadableRunError) -> Problem:
    return Problem(f"{installed().files.show(error.path)} {error}")


def _split(run: StoredRun, split: str) -> object:
    return run.passport["data"]["splits"].get(split)


def _run(run: StoredRun) -> dict[str, Any]:
    passport, scores = run.passport, run.scores()
    state, versions = passport.get("git"), passport.get("versions") or {}
    uncommitted = state and {"commit": state["commit"], "uncommitted": bool(state.get("changed"))}
    benchmark = newest_benchmark(run.path, (passport.get("checkpoints") or {}).get(run.best_name or ""))
    return {
        "seed": run.seed,
        "config_hash": run.config_hash,
        "epoch": scores.get("epoch"),
        "val": _measured(scores),
        "test": _test(run),
        "cost": _own_cost(run),
        "started": passport.get("started"),
        "ended": passport.get("ended"),
        "continued": len(passport.get("continued") or ()),
        "weights": passport.get("weights"),
        "git": uncommitted,
        "versions": {"segcli": passport.get("segcli"), **versions},
        "hardware": passport.get("hardware"),
        **({"benchmark": benchmark} if benchmark is not None else {}),
    }


def _measured(scores: _Values) -> dict[str, Any]:
    means = {key: value for key, value in scores.items() if key not in _NO_SCORES}
    return {**means, "IoU": {name: each["IoU"] for name, each in scores["classes"].items()}}


def _test(run: StoredRun) -> dict[str, Any] | None:
    """Return the scores of the newest test, with the fingerprint of its images; None if there was none."""
    try:
        found = run.evaluation("test")
    except NotTestedError:
        return None
    folder, passport = found.folder, found.passport
    again = f"test it again: {program()} test --ckpt_path {shown(run)}/{CHECKPOINTS}/{run.best_name or BEST}"
    where = folder.relative_to(run.path)
    if any(PurePath(word.partition("=")[2] or word).name == LAST for word in passport.get("command", ())):
        raise UnreadableRunError(run.path, f"was tested by its last epoch, not by its best ({where}); {again}")
    changed = differences(_of_scores(run.config), _of_scores(matched(_config(run, folder), run.config)))
    if changed:
        raise UnreadableRunError(run.path, f"was tested with other settings ({where}): {listed(changed)}; {again}")
    return {**_measured(found.scores), "data": (passport.get("data") or {}).get("splits", {}).get("test")}


def _config(run: StoredRun, folder: Path) -> dict[str, Any]:
    try:
        return read_config(folder / CONFIG)
    except StoredFileError as error:
        raise UnreadableRunError(run.path, f"{folder.relative_to(run.path).as_posix()}: {error}") from None


def _of_scores(config: _Values) -> dict[str, Any]:
    """Return the settings that a test depends on."""
    found = identity(config).items()
    return {k: v for k, v in found if k.startswith(("data.", "model.")) and k not in _FREE_IN_TESTS}


def _own_cost(run: StoredRun) -> dict[str, Any]:
    cost = dict(run.passport.get("cost") or {})
    if cost.get("train_s") is None and run.timing:
        cost["train_s"] = run.timing[-1]["train_s"]
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in cost.items()}


def _cost(costs: Sequence[_Values]) -> dict[str, Any]:
    """Return means; devices that differ are joined."""
    found: dict[str, Any] = {}
    for key in dict.fromkeys(key for cost in costs for key in cost):
        values = [cost[key] for cost in costs if cost.get(key) is not None]
        if values and all(isinstance(value, str) for value in values):
            found[key] = ", ".join(dict.fromkeys(values))
        else:
            found[key] = _mean(values)
    return found


def _mean(values: Sequence[float]) -> float | None:
    if len(set(values)) <= 1:
        return values[0] if values else None
    return round(statistics.fmean(values), 3)


def _summary(scores: Sequence[_Values]) -> dict[str, Any]:
    """Return mean, deviation and number of every score, classes below IoU likewise."""
    found: dict[str, Any] = {}
    for key in dict.fromkeys(key for each in scores for key in each):
        values = [each[key] for each in scores if each.get(key) is not None]
        if values and isinstance(values[0], Mapping):
            found[key] = _summary(values)
        else:
            found[key] = _figure(values)
    return found


def _figure(values: Sequence[float]) -> dict[str, Any] | None:
    if not values:
        return None
    sd = round(statistics.stdev(values), _DIGITS) if len(values) > 1 else None
    return {"mean": round(statistics.fmean(values), _DIGITS), "sd": sd, "n": len(values)}
