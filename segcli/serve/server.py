"""The socket of the server, and the loop that serves it."""

import contextlib
import socket

import uvicorn

from segcli.serve.application import Application

_SHUTDOWN_S = 5


def run_server(application: Application, listening: socket.socket) -> None:
    """Serve until Ctrl-C, which ends quietly; what is being predicted is finished.

    Args:
        application: What answers.
        listening: As :func:`segcli.serve.address.listen` opens it.
    """
    with contextlib.suppress(KeyboardInterrupt):
        made_server(application).run(sockets=[listening])


def made_server(application: Application) -> uvicorn.Server:
    """Return the loop, which logs errors only."""
    config = uvicorn.Config(
        application.app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    return uvicorn.Server(config)
