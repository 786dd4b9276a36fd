"""The body of a request: read up to a limit, and no longer than is patient."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from segcli.serve.limits import Limits
from segcli.serve.request_error import RequestError

_DRAIN_S = 5.0


class Body:
    """What follows the headers of a request.

    Args:
        request: The request, of whose body nothing was read.
        limits: Of its length and of the time that it takes.
    """

    def __init__(self, request: Request, limits: Limits) -> None:
        self._request, self._limits, self._has_ended = request, limits, False

    async def read(self) -> bytes:
        """Return it.

        Raises:
            RequestError: If it is too large, which its header tells before it is read, or too slow.
            ClientDisconnect: If the connection ends before.
        """
        told = self._request.headers.get("content-length", "")
        if told.isdigit() and int(told) > self._limits.max_bytes:
            raise self._too_large()
        parts, length = [], 0
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                async for part in self._parts():
                    length += len(part)
                    if length > self._limits.max_bytes:
                        raise self._too_large()
                    parts.append(part)
        except TimeoutError:
            raise RequestError(408, f"The image did not arrive within {self._limits.timeout_s:g} s.") from None
        return b"".join(parts)

    async def drain(self) -> None:
        """Let pass, within bounds, what is left after a refusal: who is still sending reads no answer."""
        if self._request.headers.get("expect"):  # it waits to be asked for the body
            return
        left = 2 * self._limits.max_bytes
        try:
            async with asyncio.timeout(_DRAIN_S):
                async for part in self._parts():
                    left -= len(part)
                    if left < 0:
                        return
        except (TimeoutError, ClientDisconnect):
            return

    async def _parts(self) -> AsyncIterator[bytes]:
        while not self._has_ended:
            message = await self._request.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self._has_ended = not message.get("more_body", False)
            yield message.get("body", b"")

    def _too_large(self) -> RequestError:
        return RequestError(413, f"The file is too large: at most {self._limits.max_bytes / 2**20:g} MiB are taken.")
