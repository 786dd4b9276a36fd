"""Two ranks at the cost of one: copies of this process, which has imported torch already."""

import time
from collections.abc import Callable

import pytest
from torch import distributed, multiprocessing

LIMIT_S = 120


def on_two_ranks(work: Callable[[int, str], None], store: str) -> None:
    """Run a function of rank and store on two ranks that are connected; it raises what one of them raises."""
    fork(_connected, work, store)


def fork(work: Callable[..., None], *arguments: object) -> None:
    """Run a function of rank and arguments in two copies of this process; none may hang."""
    copies = multiprocessing.start_processes(work, arguments, nprocs=2, join=False, start_method="fork")
    end = time.monotonic() + LIMIT_S
    while not copies.join(timeout=1):
        if time.monotonic() > end:
            for process in copies.processes:
                process.kill()
            pytest.fail(f"still at work after {LIMIT_S} s")


def _connected(rank: int, work: Callable[[int, str], None], store: str) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    work(rank, store)
    distributed.destroy_process_group()
