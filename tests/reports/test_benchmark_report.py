import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segcli.benchmark.benchmark import Result
from segcli.benchmark.memory import Peak
from segcli.benchmark.speed import Ratio, Spread
from segcli.benchmark.variant import Choice, Variant
from segcli.comparison.figures import MISSING
from segcli.experiment.benchmark import Benchmark
from segcli.reports.benchmark_report import benchmark_report

ABOUT: dict[str, Any] = {
    "size": [360, 480],
    "batch": 1,
    "threads": 2,
    "rounds": 30,
    "device": "cpu",
    "hardware": {"processor": "A|B"},
    "images": "16 images of the validation split",
    "notes": ["left out: x"],
}

SAME = ["20", "3", "MiB", "19.2"]


class _Predictor:
    device = "cpu"


def _result(name: str, file: str, speed: Ratio, differing: float, notes: tuple[str, ...] = ()) -> Result:
    variant = Variant(name, Choice("eager", Path(file)), _Predictor(), "fp32", 19_200_000)  # type: ignore[arg-type]
    wall, cpu = Spread(0.01, 0.009, 0.0234), Spread(0.02, 0.02, 0.02)
    return Result(variant, wall, cpu, speed, speed, 100.0, 0.02, Peak(3 << 20, None), differing, (0.01,), notes)


FOUND = Benchmark(
    Path("runs/x/1/benchmark/1"),
    (
        _result("eager fp32", "best.ckpt", Ratio(1, 1, 1), 0),
        _result("ONNX Runtime int8", "a|b.onnx", Ratio(2.5, 2.25, 3), 0.26, ("exported from another checkpoint",)),
    ),
    ABOUT,
)


def test_text_is_a_table_with_what_it_is_of() -> None:
    lines = benchmark_report(FOUND, "text").splitlines()
    assert lines[0] == "360x480 pixels, one at a time, 2 threads of A|B; 30 rounds"
    assert lines[3].split() == [
        "1",
        "eager",
        "fp32",
        "10",
        "(9-23.4)",
        "100",
        "1.00x",
        "[1.00,",
        "1.00]",
        *SAME,
        MISSING,
    ]
    assert " ".join(lines[4].split()) == "2 ONNX Runtime int8 10 (9-23.4) 100 2.50x [2.25, 3.00] 20 3 MiB 19.2 26.000%"
    assert lines[6:] == [
        "labels of 16 images of the validation split",
        "written to runs/x/1/benchmark/1",
        "2: a|b.onnx",
        "2: exported from another checkpoint",
        "left out: x",
    ]


def test_markdown_escapes_what_others_named() -> None:
    lines = benchmark_report(FOUND, "markdown").splitlines()
    assert r"2 threads of A\|B" in lines[0]
    assert lines[2].startswith("|  | variant | ms (10-90 %) |")
    assert lines[5].endswith("| 19.2 | 26.000% |")
    assert r"- 2: a\|b.onnx" in lines


def test_json_is_the_record() -> None:
    assert json.loads(benchmark_report(FOUND, "json")) == FOUND.record()


@pytest.mark.parametrize("batch", [1, 4])
def test_a_gpu_has_a_column_and_a_name(batch: int) -> None:
    results = (replace(FOUND.results[0], memory=Peak(1 << 20, 2 << 30)), FOUND.results[1])
    found = replace(FOUND, results=results, about={**ABOUT, "batch": batch, "device": "H200"})
    lines = benchmark_report(found, "text").splitlines()
    assert ("4 at once" in lines[0]) == (batch == 4)
    assert "2 threads of A|B, PyTorch on H200; 30 rounds" in lines[0]
    assert lines[2].endswith("GPU memory")
    assert lines[3].endswith("2.0 GiB")
    assert lines[4].endswith(MISSING)


def test_rounds_too_few_for_an_interval_show_none() -> None:
    found = replace(FOUND, results=(_result("eager fp32", "best.ckpt", Ratio(1, None, None), 0),))
    assert "[" not in benchmark_report(found, "text").splitlines()[3]
