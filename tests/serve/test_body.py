import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from segcli.serve.body import Body
from segcli.serve.limits import Limits
from segcli.serve.request_error import RequestError

LIMITS = Limits(max_bytes=10, timeout_s=0.05)


class _Sender:
    """Sends parts of a body; None waits for ever, and a connection ends after the last where it is not whole."""

    def __init__(self, *parts: bytes | None, is_whole: bool = True) -> None:
        self.left, self._is_whole = list(parts), is_whole

    async def __call__(self) -> dict[str, Any]:
        if not self.left:
            return {"type": "http.disconnect"}
        part = self.left.pop(0)
        if part is None:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": part, "more_body": bool(self.left) or not self._is_whole}


def _body(sender: _Sender, **headers: str) -> Body:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Body(Request({"type": "http", "headers": pairs}, sender), LIMITS)


def test_parts_are_joined() -> None:
    assert asyncio.run(_body(_Sender(b"abc", b"", b"de")).read()) == b"abcde"
    assert asyncio.run(_body(_Sender(b"")).read()) == b""


def test_a_body_that_says_to_be_too_large_is_not_read() -> None:
    sender = _Sender(b"abc", b"def")
    with pytest.raises(RequestError, match="too large") as caught:
        asyncio.run(_body(sender, content_length="11").read())
    assert caught.value.status == 413
    assert len(sender.left) == 2


def test_a_body_is_read_up_to_the_limit_and_the_rest_let_pass() -> None:
    sender = _Sender(b"12345678", b"12345678", b"1", b"2")

    async def read() -> None:
        body = _body(sender)
        with pytest.raises(RequestError, match="too large"):
            await body.read()
        assert len(sender.left) == 2
        await body.drain()
        assert not sender.left
        await body.drain()

    asyncio.run(read())


def test_what_is_let_pass_has_its_limit_too() -> None:
    sender = _Sender(*[b"12345678"] * 9)
    asyncio.run(_body(sender).drain())
    assert len(sender.left) == 6


def test_who_waits_to_be_asked_for_the_body_is_not_asked() -> None:
    sender = _Sender(b"abc")
    asyncio.run(_body(sender, expect="100-continue").drain())
    assert len(sender.left) == 1


def test_a_slow_body_is_refused() -> None:
    with pytest.raises(RequestError, match=r"within 0.05 s") as caught:
        asyncio.run(_body(_Sender(b"abc", None)).read())
    assert caught.value.status == 408


def test_a_connection_that_ends_is_no_whole_body() -> None:
    with pytest.raises(ClientDisconnect):
        asyncio.run(_body(_Sender(b"abc", is_whole=False)).read())
    asyncio.run(_body(_Sender(b"abc", is_whole=False)).drain())
