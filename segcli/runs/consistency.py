"""Facts that a run stores twice must agree: what contradicts what, in sentences. Torch-free.

Hashes find a file that was changed alone. This finds what was changed together with its hash, and what runs of 0.4.0
and before hold, which have none.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segcli.image_rows import mean_score
from segcli.runs.class_scores import class_scores, group_scores, set_score, table
from segcli.runs.image_counts import ImageCounts
from segcli.runs.image_scores import ImageScores, image_scores_file
from segcli.runs.run_folder import CONFIG, METRICS, PASSPORT, SPLITS, TIMING
from segcli.runs.stored_files import Row
from segcli.score_spec import MEAN_IOU, OF_A_CLASS, OF_A_SET

NO_SCORES = ("stage", "epoch", "step", "checkpoint", "groups", "classes")
"""What stands beside the scores in their file."""
SCORE_TOLERANCE = 1e-5
"""Of a score in two files, of one above 1 as a share: one rounds to six digits, another logs 32-bit floats."""
TIME_TOLERANCE = 0.01
"""Share of a time or a rate by which the passport and the last row of times may differ; both are rounded."""
_MOST_NAMES = 3


def flat_scores(scores: Mapping[str, Any]) -> dict[str, float | None]:
    """Return scores under the names that logs have for them, ``mIoU`` or ``IoU/car``, and ``pixels/car`` of the truth.

    Args:
        scores: What ``<stage>_scores.json`` holds.
    """
    whole = ((key, value) for key, value in scores.items() if key not in NO_SCORES)
    found = {key: value for key, value in whole if not isinstance(value, Mapping)}
    for label, values in scores["classes"].items():
        found |= {f"{kind}/{label}": value for kind, value in values.items()}
    return found


def of_scores(name: str, scores: Mapping[str, Any], counts: ImageCounts) -> Iterator[str]:
    """Yield where the scores of a stage are not those of its counts.

    Args:
        name: Of the stage, such as ``val``.
        scores: What ``val_scores.json`` holds.
        counts: What ``val_images.npz`` holds.
    """
    if (scores.get("epoch") or 0) != counts.epoch:
        yield f"{name}_images.npz is of epoch {counts.epoch}, {name}_scores.json of epoch {scores.get('epoch') or 0}"
        return
    if len(scores["classes"]) != counts.num_classes:
        yield f"{name}_images.npz has {counts.num_classes} classes, {name}_scores.json {len(scores['classes'])}"
        return
    terms = counts.terms()
    sums = table(terms).sum(axis=0)
    expected = {spec.name: float(set_score(sums, spec.name)) for spec in OF_A_SET}
    for kind in (spec.name for spec in OF_A_CLASS if spec.from_counts):
        values = class_scores(sums, kind)
        expected |= {f"{kind}/{label}": float(value) for label, value in zip(scores["classes"], values, strict=True)}
    truth = zip(scores["classes"], terms.truth.sum(axis=0), strict=True)
    expected |= {f"pixels/{label}": float(pixels) for label, pixels in truth}
    yield from _differing(f"{name}_scores.json", flat_scores(scores), f"{name}_images.npz", expected)
    groups = group_scores(counts)
    if set(scores.get("groups") or {}) != set(groups):
        yield f"{name}_scores.json has scores of other groups than {name}_images.npz"
        return
    for group, found in groups.items():
        told = {f"{key} of {group!r}": scores["groups"][group].get(key) for key in found}
        given = {f"{key} of {group!r}": math.nan if value is None else value for key, value in found.items()}
        yield from _differing(f"{name}_scores.json", told, f"{name}_images.npz", given)


def of_image_scores(name: str, scores: Mapping[str, Any], counts: ImageCounts, images: ImageScores) -> Iterator[str]:
    """Yield where the scores of ``model.metrics`` are not those that the images give.

    Args:
        name: Of the stage.
        scores: What ``val_scores.json`` holds.
        counts: What ``val_images.npz`` holds.
        images: What ``val_metrics.npz`` holds.
    """
    file = image_scores_file(name)
    if images.epoch != counts.epoch:
        yield f"{file} is of epoch {images.epoch}, {name}_images.npz of epoch {counts.epoch}"
        return
    if set(images.ids) != set(counts.ids):
        yield f"{file} has other images than {name}_images.npz"
        return
    expected: dict[str, float] = {}
    for metric in images.rows:
        values = images.values(metric)
        expected[metric] = float(mean_score(values))
        if len(values) == len(scores["classes"]):
            expected |= {
                f"{metric}/{label}": float(value) for label, value in zip(scores["classes"], values, strict=True)
            }
    found = flat_scores(scores)
    of_one_class = {f"{metric}/{label}" for metric in images.rows for label in scores["classes"]} - found.keys()
    expected = {key: value for key, value in expected.items() if key not in of_one_class}
    yield from _differing(f"{name}_scores.json", found, file, expected)


def of_curve(scores: Mapping[str, Any], rows: Sequence[Row]) -> Iterator[str]:
    """Yield where the scores of the best epoch are not those that were logged then.

    Args:
        scores: What ``val_scores.json`` holds.
        rows: What was logged at the validations of that epoch.
    """
    if not rows:
        yield f"{METRICS} or {TIMING} has no validation of epoch {scores['epoch']}"
        return
    found = flat_scores(scores)
    logged = [{key.removeprefix("val/"): value for key, value in row.items()} for row in rows]
    against = [list(_differing("val_scores.json", found, METRICS, _shared(each, found))) for each in logged]
    yield from min(against, key=len)


def of_experiment(passport: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Yield where the passport is of another experiment than the config, as far as both tell."""
    if passport.get("seed") != config.get("seed_everything"):
        yield f"{PASSPORT} has seed {passport.get('seed')}, {CONFIG} {config.get('seed_everything')}"
    named = (passport.get("metrics") or {}).get("classes")
    if named is not None and named != passport["data"]["classes"]:
        yield f"{PASSPORT} has other classes under metrics than under data"


def of_classes(name: str, scores: Mapping[str, Any], classes: Sequence[str]) -> Iterator[str]:
    """Yield where scores are of other classes than the run."""
    if list(scores["classes"]) != list(classes):
        yield f"{name}_scores.json has other classes than {PASSPORT}"


def of_images(
    name: str, passport: Mapping[str, Any], splits: Mapping[str, Any] | None, counts: ImageCounts
) -> Iterator[str]:
    """Yield where the images that were counted are not those of the split; a run may have measured a part of it.

    Args:
        name: Of the stage.
        passport: Of the run, or of its test.
        splits: Names of the images of each split, and their groups; None where they are not stored.
        counts: Of the stage.
    """
    number = (((passport.get("data") or {}).get("splits") or {}).get(name) or {}).get("count")
    if number is not None and len(counts.ids) > number:
        yield f"{name}_images.npz has {len(counts.ids)} images, {PASSPORT} {number}"
    if splits is None or name not in splits:
        return
    if number is not None and len(splits[name]) != number:
        yield f"{SPLITS} has {len(splits[name])} images of {name}, {PASSPORT} {number}"
    if others := sorted(set(counts.ids) - set(splits[name])):
        yield f"{name}_images.npz has images that {SPLITS} has not: {_listed(others)}"
    groups = dict(zip(splits[name], (splits.get("groups") or {}).get(name, ()), strict=False))
    measured = zip(counts.ids, counts.groups, strict=False)
    if moved := sorted(image for image, group in measured if groups.get(image, group) != group):
        yield f"{name}_images.npz has other groups than {SPLITS}: {_listed(moved)}"


def of_costs(passport: Mapping[str, Any], timing: Sequence[Row]) -> Iterator[str]:
    """Yield where the costs in the passport are not those of the table of times."""
    cost = passport.get("cost") or {}
    rates = [row["images_per_s"] for row in timing if "images_per_s" in row]
    expected: dict[str, float] = {}
    if timing:
        expected["train_s"] = timing[-1]["train_s"]
    if rates:
        expected["images_per_s"] = float(np.median(rates[1:] or rates))
    for key, value in expected.items():
        said = cost.get(key)
        if said is not None and abs(said - value) > TIME_TOLERANCE * max(abs(said), abs(value)) + TIME_TOLERANCE:
            yield f"{PASSPORT} says cost.{key} {said:g}, {TIMING} gives {value:g}"


def of_worst(worst: Mapping[str, Any], scores: Mapping[str, Any], counts: ImageCounts) -> Iterator[str]:
    """Yield where the worst images are not those of the counts.

    Args:
        worst: What ``worst/worst.json`` holds.
        scores: What ``val_scores.json`` holds.
        counts: Of the stage.
    """
    if worst.get("epoch") != scores.get("epoch"):
        yield f"worst.json is of epoch {worst.get('epoch')}, the scores of epoch {scores.get('epoch')}"
        return
    means = dict(zip(counts.ids, set_score(table(counts.terms()), MEAN_IOU), strict=True))
    for entry in worst["images"]:
        said, found = entry["mIoU"], float(means.get(entry["id"], math.nan))
        if said is not None and not abs(said - found) <= SCORE_TOLERANCE:
            yield f"worst.json says mIoU {said:g} of {entry['id']!r}, the counts give {found:g}"


def _shared(logged: Mapping[str, float], found: Mapping[str, float | None]) -> dict[str, float]:
    return {key: value for key, value in logged.items() if key in found}


def _differing(
    first: str, found: Mapping[str, float | None], second: str, expected: Mapping[str, float]
) -> Iterator[str]:
    for key, value in expected.items():
        said = found.get(key)
        said = math.nan if said is None else said
        if not (math.isnan(said) and math.isnan(value)) and not abs(said - value) <= SCORE_TOLERANCE * max(
            1.0, abs(value)
        ):
            yield f"{first} says {key} {said:g}, {second} gives {value:g}"


def _listed(names: Iterable[str]) -> str:
    shown = [repr(name) for name in names]
    more = f" and {len(shown) - _MOST_NAMES} more" if len(shown) > _MOST_NAMES else ""
    return ", ".join(shown[:_MOST_NAMES]) + more
