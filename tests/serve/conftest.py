"""A server in a thread, and what asks it."""

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from segcli.inference.inference_settings import InferenceSettings
from segcli.predict.predictor import Images, Predictor, PredictorError, Probabilities
from segcli.serve.access import Access
from segcli.serve.address import listen
from segcli.serve.application import Application
from segcli.serve.examples import Examples
from segcli.serve.limits import Limits
from segcli.serve.served_model import ServedModel
from segcli.serve.server import made_server
from segcli.task_kind import KINDS, TaskName

CLASSES = ("dark", "red <b>", "green")


class Brightest(Predictor):
    """Of red, green and blue, takes the brightest for the class; a model of known answers.

    Attributes:
        seconds: That each prediction takes.
        begun: How many began.
        fault: What it raises.
    """

    def __init__(self, task: TaskName = "multiclass", is_sure: bool = True) -> None:
        self.name, self.classes, self.kind = "best.ckpt", CLASSES, KINDS[task]
        self.palette = np.array([[0, 0, 0], [200, 0, 0], [0, 200, 0]], np.uint8)
        self.image_mode, self.dtype, self.channels = "RGB", "uint8", 3
        self.seconds, self.begun, self.fault, self._is_sure = 0.0, 0, None, is_sure
        if task == "binary":
            self.classes, self.palette = self.classes[:2], self.palette[:2]

    seconds: float
    fault: Exception | None

    def labels(self, images: Images) -> np.ndarray[Any, np.dtype[np.uint8]]:
        self.require(images)
        self.begun += 1
        time.sleep(self.seconds)
        if self.fault is not None:
            raise self.fault
        if self.kind.name == "binary":
            return (images[..., 0] > 127).astype(np.uint8)
        if self.kind.multilabel:
            return np.moveaxis(images > 127, -1, 1).astype(np.uint8)
        return images.argmax(-1).astype(np.uint8)

    def probabilities(self, images: Images) -> Probabilities:
        if not self._is_sure:
            raise PredictorError(f"{self.name} returns labels only")
        self.labels(images)
        shares = np.moveaxis(images.astype(np.float32) / 255, -1, 1)
        return shares[:, :1] if self.kind.name == "binary" else shares


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  (whatever it holds)
        return json.loads(self.content)

    @property
    def error(self) -> str:
        return self.json["error"]

    @property
    def picture(self) -> Image.Image:
        return Image.open(io.BytesIO(self.content))


class Client:
    """Asks a server; every request has a connection of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            got = connection.getresponse()
            return Reply(got.status, {key.lower(): value for key, value in got.getheaders()}, got.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, headers=headers)

    def predict(self, body: bytes | Iterable[bytes], query: str = "", **headers: str) -> Reply:
        return self.ask("POST", f"/predict{query}", body, headers)


@contextmanager
def running(
    predictor: Predictor,
    limits: Limits | None = None,
    token: str | None = None,
    examples: Path | None = None,
    settings: InferenceSettings | None = None,
) -> Iterator[Client]:
    limits = limits or Limits()
    model = ServedModel(predictor, settings or InferenceSettings(), (), {"best.ckpt": "0123"}, limits)
    application = Application(model, Access("127.0.0.1", token), Examples(examples, predictor, limits))
    server, listening = made_server(application), listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Client(port_of(listening))
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Of a server with the usual limits."""
    with running(Brightest()) as found:
        yield found


def encoded(pixels: Images, form: str = "PNG", **options: object) -> bytes:
    """Return an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format=form, **options)
    return buffer.getvalue()


def photo(height: int = 40, width: int = 60) -> Images:
    """Return an image of three columns: dark, red and green."""
    pixels = np.full((height, width, 3), 10, np.uint8)
    for index in range(3):
        pixels[:, index * width // 3 : (index + 1) * width // 3, index] = 200
    return pixels
