import pytest

from segcli.datasets import worker_count as module
from segcli.datasets.worker_count import worker_count


@pytest.mark.parametrize(
    ("cores", "devices", "is_cached", "expected"),
    [(2, 1, False, 1), (2, 1, True, 1), (1, 1, False, 0), (16, 1, False, 8), (16, 1, True, 4), (16, 8, False, 1)],
)
def test_an_accelerator_has_its_share_of_the_cores(
    cores: int, devices: int, is_cached: bool, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_cores", lambda: cores)
    assert worker_count("auto", devices, on_cpu=False, is_cached=is_cached) == expected
    assert worker_count("auto", devices, on_cpu=True, is_cached=is_cached) == 0
    assert worker_count(3, devices, on_cpu=True, is_cached=is_cached) == 3


def test_a_process_has_a_core() -> None:
    assert module._cores() >= 1
