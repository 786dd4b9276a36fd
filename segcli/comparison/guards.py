"""Tell what makes runs not comparable: other images, another truth, other classes, or another definition."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from segcli.comparison.load import shown
from segcli.comparison.measured_run import MeasuredRun, fingerprint
from segcli.comparison.metric import Metric
from segcli.comparison.settings import relevant
from segcli.config.component import arguments_of
from segcli.score_spec import OTHERS, is_loss

_MANY = 3
_TRAIN = "train"
Facts = Mapping[str, object]


def mismatches(measured: Sequence[MeasuredRun], metric: Metric) -> list[str]:
    """Return what the runs do not have in common, a sentence each, with the runs; nothing if they can be compared.

    What no passport records is not compared.

    Args:
        measured: The runs.
        metric: What is compared.
    """
    images = f"images of {metric.stage}"
    facts: dict[str, list[Facts]] = {
        "classes": [{str(index): name for index, name in enumerate(one.run.classes)} for one in measured],
        "definitions of metrics": [one.run.passport.get("metrics") or {} for one in measured],
        images: [fingerprint(one.run, metric.stage) for one in measured],
        f"images of {_TRAIN}": [fingerprint(one.run, _TRAIN) for one in measured],
    }
    if is_loss(metric.name):
        facts["losses"] = [_loss(one) for one in measured]
        facts[f"definitions of {metric}"] = [{"what it averages over": _averages(one)} for one in measured]
    if metric.score is not None and metric.score.spec.attribute == OTHERS:
        facts[f"definitions of {metric}"] = [_definition(one, metric) for one in measured]
    found = {what: said for what, each in facts.items() if (said := _difference(what, measured, each))}
    with_images = all(one.ids for one in measured)
    if with_images and len({one.ids for one in measured}) > 1 and not {"classes", images} & found.keys():
        names = [{"names": hashlib.sha256("\n".join(one.ids).encode()).hexdigest()} for one in measured]
        numbers = " against ".join(dict.fromkeys(str(len(one.ids)) for one in measured))
        what = f"images that were measured, {numbers} (trainer.limit_val_batches, data.val_batch_size)"
        found["measured"] = _difference(what, measured, names)
    elif with_images and not {"classes", images} & found.keys():
        found["truth"] = _difference("masks", measured, [_truth(one) for one in measured])
    return [said for said in found.values() if said]


def _difference(what: str, measured: Sequence[MeasuredRun], facts: Sequence[Facts]) -> str:
    """Return who differs from whom in some facts, and in which of them; nothing if nobody does."""
    parts: dict[str, list[int]] = {}
    for index, each in enumerate(facts):
        if each:
            parts.setdefault(json.dumps(each, sort_keys=True, default=str), []).append(index)
    if len(parts) < 2:
        return ""
    examples = [facts[indices[0]] for indices in parts.values()]
    keys = [
        key
        for key in dict.fromkeys(key for each in examples for key in each)
        if any(each.get(key) != examples[0].get(key) for each in examples)
    ]
    names = [_listed([shown(measured[index].run.path) for index in indices]) for indices in parts.values()]
    return f"different {what} ({_listed(keys)}): {' against '.join(names[:_MANY])}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MANY
    return ", ".join(names[:_MANY]) + (f" and {more} more" if more > 0 else "")


def _loss(one: MeasuredRun) -> Facts:
    return {key: value for key, value in relevant(one.run.config).items() if key.startswith("model.loss")}


def _averages(one: MeasuredRun) -> object:
    """Return what the loss of a split is the mean of; runs of 0.4.0 do not record it."""
    recorded = one.run.passport.get("loss")
    if recorded is not None:
        return recorded
    arguments = arguments_of(one.run.config.get("data"))
    size = arguments.get("val_batch_size") or arguments.get("batch_size")
    return [f"mean over batches, each weighted by its images, of at most {size} (data.val_batch_size)"]


def _definition(one: MeasuredRun, metric: Metric) -> Facts:
    """Return what a run recorded of a metric of ``model.metrics``."""
    return next((vars(spec) for spec in one.run.metric_specs if metric.row_name in (spec.name, spec.class_name)), {})


def _truth(one: MeasuredRun) -> Facts:
    """Return a digest of every class's truth pixels, image by image: masks may differ where names do not."""
    truth = zip(one.run.classes, one.truth.T, strict=True)
    return {name: hashlib.sha256(pixels.tobytes()).hexdigest() for name, pixels in truth}
