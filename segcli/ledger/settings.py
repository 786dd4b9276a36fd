"""What a recorded result depends on: the settings of its runs, comparable with those of an experiment of today.

They hold no absolute paths, since they are committed for others to read. Free of torch and NumPy.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from segcli.config.component import class_key, component_key, is_of_class
from segcli.config.compose import compose
from segcli.config.dumper import dump_inline
from segcli.config.errors import ConfigError
from segcli.config.keys import PREDICTIONS, SEED
from segcli.config.library import Library
from segcli.config.overrides import split_overrides
from segcli.config.resolve import resolve
from segcli.runs.identity import differing_keys, identity

Settings = dict[str, Any]
_OF_PREDICTIONS = (PREDICTIONS, "data", "model.task", "model.metrics", "model.average_precision_thresholds")
_NOT_SET = object()
_WIDEST = 24
_MOST = 4
_INNER_PATH = re.compile(r"(^|[\s\"'=,:\[({])((?:~?/(?!/)|[A-Za-z]:[\\/])[^\s\"',\]})]+)")


def settings_of(config: Mapping[str, Any]) -> Settings:
    """Return every value that can change a result, the seed left out, by dotted key.

    Of predictions of something else, that are data and metrics.

    Args:
        config: Every value of a run, as ``config.yaml`` has it, or settings that were recorded: then those keys are
            left out that count no more.
    """
    values = {key: value for key, value in identity(config).items() if key != SEED}
    if PREDICTIONS in values:
        values = _scored(values)
    plain = json.loads(json.dumps(values, sort_keys=True, default=str))
    return {key: portable(value) for key, value in plain.items()}


def settings_now(files: Sequence[Path], overrides: Sequence[str], library: Library | None = None) -> Settings:
    """Return the same of experiment files and overrides as they are now, or in the library of a revision.

    Raises:
        ConfigError: If they do not compose.
    """
    experiment = compose(files, overrides, library=library)
    return settings_of(experiment.environment.stored(resolve(experiment).plain()))


def settings_then(
    before: Mapping[str, Any], files: Sequence[Path], overrides: Sequence[str], library: Library | None = None
) -> Settings:
    """Return what of :func:`settings_now` a result depends on: of predictions of something else, data and metrics.

    Args:
        before: Settings of the result.
        files: Experiment files.
        overrides: ``--key value`` arguments as typed.
        library: See :func:`settings_now`.

    Raises:
        ConfigError: If they do not compose.
    """
    now = settings_now(files, overrides, library)
    return _scored({PREDICTIONS: before[PREDICTIONS], **now}) if PREDICTIONS in before else now


def portable(value: Any) -> Any:  # noqa: ANN401  (a value of an experiment)
    """Return a value with the last part of every absolute path in place of the path."""
    if isinstance(value, dict):
        return {key: portable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [portable(part) for part in value]
    if not isinstance(value, str):
        return value
    if PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute() or value.startswith("~"):
        return PureWindowsPath(value).name
    return _INNER_PATH.sub(lambda found: found[1] + PureWindowsPath(found[2]).name, value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name the keys whose values differ, with short values: ``data.batch_size 8 → 16``.

    Of a component of another class, the class alone is named.
    """
    keys = sorted(differing_keys(before, after))
    switched = [component_key(key) for key in keys if is_of_class(key)]
    found: dict[str, str] = {}
    for key in keys:
        name = next((each for each in switched if key == each or key.startswith(f"{each}.")), key)
        found.setdefault(name, _difference(name, _value(before, name), _value(after, name)))
    return list(found.values())


def listed(found: Sequence[str]) -> str:
    """Name a few differences, count the others."""
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return ", ".join(found[:_MOST]) + more


def essential(files: Sequence[Path], overrides: Sequence[str]) -> list[str]:
    """Return the overrides that can change a result: without seeds, places, and what the files say already.

    Args:
        files: Experiment files.
        overrides: ``--key value`` arguments as typed.
    """
    kept = [override.words for override in split_overrides(overrides)]
    target = _settings_or_none(files, overrides)
    if target is not None:
        for override in list(kept):
            rest = [each for each in kept if each is not override]
            if _settings_or_none(files, _joined(rest)) == target:
                kept = rest
    return [portable(word) for word in _joined(kept)]


def _scored(values: Mapping[str, Any]) -> Settings:
    return {key: value for key, value in values.items() if key.startswith(_OF_PREDICTIONS)}


def _joined(overrides: Sequence[Sequence[str]]) -> list[str]:
    return [word for override in overrides for word in override]


def _settings_or_none(files: Sequence[Path], overrides: Sequence[str]) -> Settings | None:
    try:
        return settings_now(files, overrides)
    except ConfigError:
        return None


def _value(settings: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  (a value of an experiment)
    if (key := class_key(name)) in settings:
        return str(settings[key]).rpartition(".")[2]
    return settings.get(name, _NOT_SET)


def _difference(name: str, before: object, after: object) -> str:
    values = ["not set" if value is _NOT_SET else dump_inline(value) for value in (before, after)]
    is_short = all(len(value) <= _WIDEST for value in values) and values[0] != values[1]
    return f"{name} {values[0]} → {values[1]}" if is_short else name
