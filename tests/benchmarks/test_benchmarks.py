"""What the benchmarks measure is still there: they are run by hand, and a name that moved would be noticed last."""

import importlib
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", sorted(path.stem for path in Path(__file__).parent.glob("[bs]*_*.py")))
def test_a_benchmark_can_be_started(name: str) -> None:
    importlib.import_module(f"tests.benchmarks.{name}")
