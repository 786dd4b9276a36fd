"""Numbers as people read them, for plots and pages."""

import math
from collections.abc import Callable

from segcli.comparison.comparison import Estimate

MISSING = "–"  # noqa: RUF001  (a dash, as in tables of journals)
MINUS = "\N{MINUS SIGN}"


def score(value: float | None) -> str:
    """Write a score with three decimals, or four digits where it is large."""
    if value is None or not math.isfinite(value):
        return MISSING
    return (f"{value:.3f}" if abs(value) < 100 else f"{value:.4g}").replace("-", MINUS)


def signed(value: float | None) -> str:
    """Write a difference like a score, with its sign."""
    text = score(value)
    return text if text == MISSING or text.startswith(MINUS) else f"+{text}"


def interval(estimate: Estimate, write: Callable[[float | None], str] = score) -> str:
    """Write both ends of the interval; nothing where they are unknown."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{write(estimate.low)}, {write(estimate.high)}]"


def plus_minus(estimate: Estimate) -> str:
    """Write the mean and, where it is known, the standard deviation between runs."""
    spread = "" if estimate.deviation is None else f" ± {score(estimate.deviation)}"
    return score(estimate.mean) + spread


def count(value: float | None, unit: str = "") -> str:
    """Write a large number with k, M, G or T: ``5.2 M``."""
    if value is None or not math.isfinite(value):
        return MISSING
    power = min(max(int(math.log10(value)) // 3, 0), 4) if value >= 1 else 0
    digits = f"{value / 1000**power:.3g}"
    return f"{digits} {('', 'k', 'M', 'G', 'T')[power]}{unit}".rstrip()


def memory(size_bytes: float | None) -> str:
    """Write bytes as MiB or GiB."""
    if size_bytes is None or not math.isfinite(size_bytes):
        return MISSING
    gibibytes = size_bytes / 2**30
    return f"{gibibytes:.1f} GiB" if gibibytes >= 1 else f"{size_bytes / 2**20:.0f} MiB"


def duration(seconds: float | None) -> str:
    """Write a time as seconds, minutes or hours."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    unit, size = time_unit(seconds)
    return f"{seconds / size:.3g} {unit}"


def time_unit(longest_s: float) -> tuple[str, int]:
    """Return the unit that fits times up to a longest one, and its seconds."""
    return next((pair for pair in (("h", 3600), ("min", 60)) if longest_s >= 2 * pair[1]), ("s", 1))


def p_value(value: float | None) -> str:
    """Write a p-value with three decimals, or that it is smaller."""
    if value is None or not math.isfinite(value):
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def share(value: float) -> str:
    """Write a share of 1 as whole percents; nothing where it is not a number."""
    return "" if math.isnan(value) else f"{100 * value:.0f}"


def plural(number: int, noun: str) -> str:
    """Write how many there are: ``1 run``, ``3 runs``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
