"""A server on this machine that stands for Hugging Face's hub, a proxy, or a network that is not there."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMIT = "0" * 40


class Hub(http.server.ThreadingHTTPServer):
    """Serve files of ``folder/owner/model`` as the hub does.

    Attributes:
        status: What every request is answered, if not as it should be; 0 lets the client wait.
        downloads: Paths whose content was sent, in order.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: Path, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.status, self.downloads = folder, status, list[str]()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(folder: Path, status: int = 200) -> Iterator[Hub]:
    """Serve until the block ends."""
    with Hub(folder, status) as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield hub
        hub.shutdown()
        thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        content = self._answer()
        if content is not None:
            self.server.downloads.append(self.path)
            self.wfile.write(content)

    def do_CONNECT(self) -> None:
        self._answer()

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self) -> bytes | None:
        if self.server.status == 0:
            time.sleep(30)
            return None
        owner_model, _, rest = self.path.lstrip("/").partition("/resolve/")
        file = self.server.folder / owner_model / rest.partition("/")[2]
        plain = self.server.folder / self.path.lstrip("/")
        found = next((path for path in (file, plain) if path.is_file()), None)
        if self.server.status != 200 or found is None:
            self.send_response(404 if self.server.status == 200 else self.server.status)
            if self.server.status == 200:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        content = found.read_bytes()
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", json.dumps(f"{hash(content) & 0xFFFFFFFF:x}"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return content
