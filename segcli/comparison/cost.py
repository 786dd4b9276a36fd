"""What a group of runs cost, from their passports."""

from collections.abc import Sequence

from segcli.comparison.comparison import Cost
from segcli.comparison.measured_run import MeasuredRun


def cost_of(runs: Sequence[MeasuredRun]) -> Cost:
    """Return means over the runs; None where none of them recorded it."""
    records = [one.run.passport.get("cost") or {} for one in runs]

    def mean(key: str) -> float | None:
        return _mean([record.get(key) for record in records])

    devices = dict.fromkeys(str(record["device"]) for record in records if record.get("device"))
    return Cost(
        parameters=mean("parameters"),
        flops_per_image=mean("flops_per_image"),
        images_per_s=mean("images_per_s"),
        peak_memory_bytes=mean("peak_memory_bytes"),
        train_s=_mean([one.train_s for one in runs]),
        device=", ".join(devices),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
