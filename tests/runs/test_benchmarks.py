import json
from pathlib import Path
from typing import Any

import pytest

from segcli.runs.benchmarks import FILE, FOLDER, newest_benchmark

VARIANT = {
    "name": "ONNX Runtime fp32",
    "file": "runs/x/1/export/1/model.onnx",
    "device": "cpu",
    "images_per_s": 50.0,
    "speed": {"value": 1.5, "low": 1.2, "high": 1.7},
    "labels_differing": 0.0,
    "peak_memory_bytes": None,
    "size_bytes": 19,
    "rounds_ms": [20.0],
}
CONTENT: dict[str, Any] = {
    "schema": 1,
    "created": "2026-12-01T00:00:00+00:00",
    "command": "segcli benchmark",
    "checkpoint_sha256": "ab12",
    "size": [360, 480],
    "batch": 1,
    "threads": 2,
    "hardware": {"processor": "P", "cores": 2},
    "variants": [VARIANT],
}


def _write(run: Path, number: str, text: str) -> None:
    (run / FOLDER / number).mkdir(parents=True)
    (run / FOLDER / number / FILE).write_text(text)


def test_the_newest_is_summed_up(tmp_path: Path) -> None:
    assert newest_benchmark(tmp_path, "ab12") is None
    for number in (2, 9, 10):
        _write(tmp_path, str(number), json.dumps({**CONTENT, "threads": number}))
    _write(tmp_path, ".starting.x", json.dumps(CONTENT))
    assert newest_benchmark(tmp_path, "ab12") == {
        "created": "2026-12-01T00:00:00+00:00",
        "processor": "P",
        "size": [360, 480],
        "batch": 1,
        "threads": 10,
        "variants": [
            {
                "name": "ONNX Runtime fp32",
                "device": "cpu",
                "images_per_s": 50.0,
                "labels_differing": 0.0,
                "peak_memory_bytes": None,
                "size_bytes": 19,
                "speed": 1.5,
            }
        ],
    }


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        json.dumps({**CONTENT, "schema": 2}),
        json.dumps({**CONTENT, "checkpoint_sha256": "of another"}),
        json.dumps({**CONTENT, "variants": [{**VARIANT, "images_per_s": "fast"}]}),
        json.dumps({**CONTENT, "size": None}),
        "[" * 100_000,
    ],
)
def test_those_of_other_checkpoints_and_damaged_ones_are_passed_over(tmp_path: Path, text: str) -> None:
    _write(tmp_path, "1", json.dumps({**CONTENT, "threads": 1}))
    _write(tmp_path, "2", text)
    found = newest_benchmark(tmp_path, "ab12")
    assert found is not None
    assert found["threads"] == 1
    assert newest_benchmark(tmp_path, None) is None
