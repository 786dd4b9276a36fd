"""What a benchmark found, as it is printed."""

import json
from typing import TYPE_CHECKING

from segcli.comparison.figures import MISSING, memory, plural
from segcli.config.escape import markdown, markdown_table
from segcli.config.tables import line_width, text_table

if TYPE_CHECKING:
    from segcli.benchmark.benchmark import Result
    from segcli.benchmark.speed import Ratio, Spread
    from segcli.experiment.benchmark import Benchmark

HEAD = ("", "variant", "ms (10-90 %)", "images/s", "speed [95 %]", "CPU ms", "memory", "MB", "labels differ")


def benchmark_report(found: "Benchmark", form: str) -> str:
    """Return it as text, markdown or json."""
    if form == "json":
        return json.dumps(found.record(), ensure_ascii=False, indent=2)
    rows = [_cells(number, each) for number, each in enumerate(found.results, 1)]
    has_gpu = any(each.memory.gpu is not None for each in found.results)
    if has_gpu:
        rows = [(*row, memory(each.memory.gpu)) for row, each in zip(rows, found.results, strict=True)]
    head = (*HEAD, *(["GPU memory"] if has_gpu else []))
    about, notes = _about(found), [*_notes(found)]
    if form == "markdown":
        table = markdown_table(head, ([markdown(cell) for cell in row] for row in rows))
        return "\n".join(
            [markdown(about[0]), "", *table, "", *(f"- {markdown(each)}" for each in [*about[1:], *notes])]
        )
    return "\n".join([about[0], "", *text_table(rows, head, width=line_width()), "", *about[1:], *notes])


def _about(found: "Benchmark") -> list[str]:
    about = found.about
    (height, width), batch = about["size"], about["batch"]
    at_once = "one at a time" if batch == 1 else f"{batch} at once"
    where = about["hardware"].get("processor") or "an unknown processor"
    device = "" if about["device"] == "cpu" else f", PyTorch on {about['device']}"
    return [
        f"{height}x{width} pixels, {at_once}, {plural(about['threads'], 'thread')} of {where}{device}; "
        f"{plural(about['rounds'], 'round')}",
        f"labels of {about['images']}",
        f"written to {found.folder}",
    ]


def _notes(found: "Benchmark") -> list[str]:
    own = [f"{number}: {note}" for number, each in enumerate(found.results, 1) for note in each.notes]
    files = [
        f"{number}: {each.variant.choice.path}"
        for number, each in enumerate(found.results, 1)
        if each.variant.choice.path != found.results[0].variant.choice.path
    ]
    return [*files, *own, *found.about["notes"]]


def _cells(number: int, result: "Result") -> tuple[str, ...]:
    return (
        str(number),
        result.variant.name,
        _times(result.wall),
        f"{result.images_per_s:.3g}",
        _ratio(result.speed),
        f"{1000 * result.cpu.median:.3g}",
        memory(result.memory.resident),
        f"{result.variant.size_bytes / 1e6:.1f}",
        MISSING if number == 1 else f"{result.differing:.3%}",
    )


def _times(times: "Spread") -> str:
    median, low, high = (f"{1000 * each:.3g}" for each in (times.median, times.low, times.high))
    return f"{median} ({low}-{high})"


def _ratio(ratio: "Ratio") -> str:
    ends = "" if ratio.low is None or ratio.high is None else f" [{ratio.low:.2f}, {ratio.high:.2f}]"
    return f"{ratio.value:.2f}x{ends}"
