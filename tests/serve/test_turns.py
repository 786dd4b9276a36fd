import asyncio
import time

import pytest
from starlette.requests import ClientDisconnect

from segcli.serve.limits import Limits
from segcli.serve.request_error import RequestError
from segcli.serve.turns import Turns


def test_one_after_the_other_is_done() -> None:
    done: list[tuple[int, str]] = []

    def work(number: int) -> int:
        done.append((number, "begins"))
        time.sleep(0.01)
        done.append((number, "ends"))
        return number

    async def run() -> list[int]:
        turns = Turns(Limits())
        return await asyncio.gather(*(turns.run(lambda number=number: work(number), _stays) for number in range(4)))

    assert asyncio.run(run()) == [0, 1, 2, 3]
    assert [number for number, _ in done] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_places_are_given_back_also_after_an_error() -> None:
    async def run() -> None:
        turns = Turns(Limits(queue=1))
        for _ in range(5):
            with pytest.raises(ValueError, match="broken"):
                async with turns.place():
                    await turns.run(_broken, _stays)
        async with turns.place(), turns.place():
            with pytest.raises(RequestError, match="waiting") as caught:
                async with turns.place():
                    pass
            assert caught.value.status == 503

    asyncio.run(run())


def test_what_waits_too_long_never_begins() -> None:
    done = []

    async def run() -> None:
        turns = Turns(Limits(timeout_s=0.05))
        first = asyncio.create_task(turns.run(lambda: time.sleep(0.2), _stays))
        await asyncio.sleep(0.01)
        with pytest.raises(RequestError, match=r"waited 0.05 s") as caught:
            await turns.run(lambda: done.append(1), _stays)
        assert caught.value.status == 504
        await first
        await turns.run(lambda: done.append(2), _stays)

    asyncio.run(run())
    assert done == [2]


def test_nothing_is_done_for_who_has_left() -> None:
    done: list[int] = []

    async def run() -> None:
        turns = Turns(Limits())
        with pytest.raises(ClientDisconnect):
            await turns.run(lambda: done.append(1), _leaves)
        await turns.run(lambda: done.append(2), _stays)

    asyncio.run(run())
    assert done == [2]


async def _stays() -> bool:
    return False


async def _leaves() -> bool:
    return True


def _broken() -> None:
    raise ValueError("broken")
