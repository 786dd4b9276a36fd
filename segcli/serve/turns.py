"""Who is served when: one image is predicted, some wait, others are sent away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from starlette.requests import ClientDisconnect

from segcli.serve.limits import Limits
from segcli.serve.request_error import RequestError

T = TypeVar("T")


class Turns:
    """One worker, and the queue before it.

    Args:
        limits: How many wait, and how long.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits, self._taken = limits, 0
        self._worker = ThreadPoolExecutor(1, "predict")
        self._free = asyncio.Semaphore(1)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place in the queue, before a body is read into memory.

        Raises:
            RequestError: If all are taken.
        """
        if self._taken > self._limits.queue:
            raise RequestError(503, "Too many images are waiting; try again in a second.", {"Retry-After": "1"})
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, work: Callable[[], T], is_gone: Callable[[], Awaitable[bool]]) -> T:
        """Run work once those before are done; what has begun is not stopped.

        Args:
            work: What to do.
            is_gone: Whether nobody waits for it any more.

        Raises:
            RequestError: If it did not begin in time.
            ClientDisconnect: If nobody waits for it.
        """
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                await self._free.acquire()
        except TimeoutError:
            waited = f"{self._limits.timeout_s:g} s"
            raise RequestError(504, f"The image waited {waited} for others; try again later.") from None
        try:
            if await is_gone():
                raise ClientDisconnect
            return await asyncio.wrap_future(self._worker.submit(work))
        finally:
            self._free.release()
