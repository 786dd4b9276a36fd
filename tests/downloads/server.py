"""A server of files on this machine that can do what servers on the network do: ranges, broken lines, other files."""

import contextlib
import re
import socket
import socketserver
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Server:
    """What is served, and how.

    Attributes:
        files: Path to content; may change.
        has_ranges: Whether a part may be asked for.
        cuts: For the next requests, one each, after how many bytes the line breaks.
        states: For the next requests, one each, a state instead of an answer.
        states_length: Whether it says how long a file is.
        asked: Path and range of every request.
        address: Where it is.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    has_ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    states: list[int] = field(default_factory=list)
    states_length: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    address: str = ""

    def url(self, name: str) -> str:
        return f"{self.address}/{name}"


class _Handler(BaseHTTPRequestHandler):
    server: "_Listener"

    def do_GET(self) -> None:
        served, name, wanted = self.server.served, self.path.lstrip("/"), self.headers.get("Range")
        served.asked.append((name, wanted))
        state = served.states.pop(0) if served.states else 200 if name in served.files else 404
        if state != 200:
            self.send_error(state)
            return
        content = served.files[name]
        tag = f'"{hash(content)}"'
        begin = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and served.has_ranges else 0
        if begin and self.headers.get("If-Range", tag) != tag:
            begin = 0
        if begin >= len(content) and begin:
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if served.states_length:
            self.send_header("Content-Length", str(len(content) - begin))
        if served.has_ranges:
            self.send_header("ETag", tag)
        self.end_headers()
        cut = served.cuts.pop(0) if served.cuts else None
        self.wfile.write(content[begin : None if cut is None else begin + cut])
        if cut is not None:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, served: Server) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.served = served

    def server_bind(self) -> None:
        """Bind without asking what the machine is called, which takes seconds where there is no network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the other side has gone


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Serve until the block ends."""
    served = Server()
    listener = _Listener(served)
    served.address = f"http://127.0.0.1:{listener.server_port}"
    thread = Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield served
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
