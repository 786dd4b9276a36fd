"""The addresses of the server, and what each answers."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from segcli.serve.access import Access
from segcli.serve.body import Body
from segcli.serve.examples import Examples
from segcli.serve.limits import Limits
from segcli.serve.page import POLICY, page
from segcli.serve.request_error import RequestError
from segcli.serve.served_model import ServedModel
from segcli.serve.turns import Turns
from segcli.serve.wish import JSON, Wish

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Handler = Callable[[Request], Awaitable[Response]]


class Application:
    """Answer requests.

    Args:
        model: That predicts.
        access: Who may ask.
        examples: That the page offers.

    Attributes:
        about: What ``/info`` tells.
        app: For a server of ASGI.
    """

    def __init__(self, model: ServedModel, access: Access, examples: Examples) -> None:
        self._model, self._access, self._examples = model, access, examples
        self._limits: Limits = model.limits
        self._turns = Turns(model.limits)
        self.about = {**model.about(), "examples": len(examples.paths)}
        self._about = json.dumps(self.about, ensure_ascii=False).encode()
        routes = [
            Route("/", self._answered(self._page, is_open=True)),
            Route("/health", self._answered(self._health, is_open=True)),
            Route("/info", self._answered(self._info)),
            Route("/predict", self._answered(self._predict), methods=["POST"]),
            Route("/examples/{number:int}", self._answered(self._example)),
            Route("/examples/{number:int}/thumbnail", self._answered(self._thumbnail)),
        ]
        self.app = Starlette(routes=routes, exception_handlers={HTTPException: _http_error, Exception: _fault})

    def _answered(self, handler: Handler, is_open: bool = False) -> Handler:
        """Return a handler that asks who asks, and says in words what is refused."""

        async def answered(request: Request) -> Response:
            request.state.body = Body(request, self._limits)
            try:
                self._access.check_host(request)
                if not is_open:
                    self._access.check_caller(request)
                return await handler(request)
            except RequestError as error:
                await request.state.body.drain()
                return _error(error.status, error.message, error.headers)
            except ClientDisconnect:
                return _error(400, "The connection ended before the image did.")

        return answered

    async def _page(self, request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(page(nonce), headers={**_HEADERS, "Content-Security-Policy": POLICY.format(nonce=nonce)})

    async def _health(self, request: Request) -> Response:
        return _response(b'{"status": "ok"}', JSON)

    async def _info(self, request: Request) -> Response:
        return _response(self._about, JSON)

    async def _predict(self, request: Request) -> Response:
        multilabel = self._model.predictor.kind.multilabel
        wish = Wish.of(request.headers.get("accept", ""), request.query_params, multilabel)
        async with self._turns.place():
            content = await request.state.body.read()
            answer = await self._turns.run(partial(self._model.answer, content, wish), request.is_disconnected)
        return _response(answer.content, answer.form, answer.headers)

    async def _example(self, request: Request) -> Response:
        return _response(self._examples.content(request.path_params["number"]), "application/octet-stream")

    async def _thumbnail(self, request: Request) -> Response:
        async with self._turns.place():
            work = partial(self._examples.thumbnail, request.path_params["number"])
            return _response(await self._turns.run(work, request.is_disconnected), "image/jpeg")


def _response(content: bytes, form: str, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return Response(content, status, {**_HEADERS, **(headers or {})}, form)


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return _response(json.dumps({"error": message}, ensure_ascii=False).encode(), JSON, headers, status)


async def _http_error(request: Request, error: Any) -> Response:  # noqa: ANN401  (as Starlette types its handlers)
    words = {404: "There is nothing at this address.", 405: "This address takes another method."}
    return _error(error.status_code, words.get(error.status_code, str(error.detail)), error.headers)


async def _fault(request: Request, error: Exception) -> Response:
    """Answer where the program is at fault; Starlette raises the error again, so that the server prints it."""
    return _error(500, "The server failed at this image; its terminal says why.")
