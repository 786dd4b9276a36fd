"""Answer requests by a model, and show a page to try it: ``segcli serve --ckpt_path FILE``."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli.verb import CHECKPOINT, Option, Verb
from segcli.config.errors import ConfigError, Problem, shown
from segcli.config.output import say

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

HOST, PORT = "127.0.0.1", 8000
_MOST_PIXELS = 178_000_000  # Pillow opens no larger ones
_LEAST_TOKEN = 16
_LIBRARIES = ("starlette", "uvicorn")

VERB = Verb(
    "serve",
    """
Answer requests for predictions over HTTP, and show a page to try the model in a browser: choose an image, see classes
over it. The page asks nothing of other servers, and nothing is written to disk. Several files are averaged.
""",
    ("--ckpt_path FILE",),
    (
        replace(CHECKPOINT, help="a checkpoint, or an exported file", repeats=True),
        Option("--host", f"where to listen; {HOST}: this machine only", "HOST"),
        Option("--port", f"{PORT}; 0 for any that is free", "N"),
        Option("--token", "a file with the secret that requests have to know", "FILE"),
        Option("--no_token", "let everybody ask who reaches the host"),
        Option("--examples", "images that the page offers", "FOLDER"),
        Option("--max_pixels", "of an image, 25000000", "N"),
        Option("--max_mib", "of its file, 25", "N"),
        Option("--queue", "images that wait at most while one is predicted, 8", "N"),
        Option("--timeout_s", "seconds that an image waits at most, 30", "SECONDS"),
    ),
    (
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt",
        "--ckpt_path runs/quickstart/1/export/1/model.onnx --examples photos",
        ("--ckpt_path best.ckpt --host 0.0.0.0 --token secret.txt", "for other machines, too"),
    ),
    """
`POST /predict` takes the bytes of an image in JPEG, PNG, WebP, BMP or TIFF and answers a PNG of class indices, or with
the header `Accept: application/json` pixels per class beside it:

  curl --data-binary @photo.jpg http://127.0.0.1:8000/predict > labels.png

`GET /info` tells classes and limits, `GET /health` that it is there. Ctrl-C ends it.
Exit code: 0; 2 for mistakes. Needs `pip install 'segcli[serve]'`.
""",
    most=0,
)


def run(typed: Typed) -> int:
    """Serve until Ctrl-C.

    Raises:
        ConfigError: For every mistake of the user.
    """
    checkpoints = [Path(text) for text in typed.values(CHECKPOINT.name)]
    if not checkpoints:
        raise ConfigError([Problem("serve needs a checkpoint: --ckpt_path runs/.../checkpoints/best.ckpt")])
    if missing := next((path for path in checkpoints if not path.is_file()), None):
        raise ConfigError([Problem(f"no file {missing}")])
    bounds, port = _bounds(typed), _number(typed, "--port", PORT, 0, 65535)
    host = typed.value("--host") or HOST
    _require_libraries()
    from segcli.serve.address import address_of, listen

    token = _token(typed, host)
    with listen(host, port) as listening:
        say(f"opening {', '.join(map(str, checkpoints))} ...")
        from segcli.experiment.serve import Wanted, open_application
        from segcli.serve.access import Access
        from segcli.serve.limits import Limits
        from segcli.serve.server import run_server

        examples = typed.value("--examples")
        folder = None if examples is None else Path(examples)
        application = open_application(Wanted(checkpoints, Limits(**bounds), Access(host, token), folder))
        say(f"serving at {address_of(listening)} - Ctrl-C ends it")
        run_server(application, listening)
    return 0


def _bounds(typed: Typed) -> dict[str, Any]:
    """Return the values of :class:`segcli.serve.limits.Limits`, before anything that takes time to import."""
    return {
        "max_pixels": _number(typed, "--max_pixels", 25_000_000, 1, _MOST_PIXELS),
        "max_bytes": _number(typed, "--max_mib", 25, 1, 4096) * 2**20,
        "queue": _number(typed, "--queue", 8, 0, 1000),
        "timeout_s": float(_number(typed, "--timeout_s", 30, 1, 3600)),
    }


def _number(typed: Typed, name: str, default: int, least: int, most: int) -> int:
    text = typed.value(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
        raise ConfigError([Problem(f"got {shown(text)}, expected a whole number from {least} to {most}", name)])
    return int(text)


def _require_libraries() -> None:
    if missing := next((name for name in _LIBRARIES if find_spec(name) is None), None):
        raise ConfigError([Problem(f"serve needs {missing}, which is not installed: pip install 'segcli[serve]'")])


def _token(typed: Typed, host: str) -> str | None:
    """Return the secret; None where nobody needs one."""
    from segcli.serve.address import is_loopback

    file = typed.value("--token")
    if file is not None and typed.has("--no_token"):
        raise ConfigError([Problem("--token and --no_token exclude each other; leave one out")])
    if file is not None:
        return _read_token(Path(file))
    if not typed.has("--no_token") and not is_loopback(host):
        what = f"--host {shown(host)} lets other machines ask; add --token FILE, or --no_token if everybody may"
        raise ConfigError([Problem(what)])
    return None


def _read_token(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError([Problem(f"--token {path} cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        text = ""
    if len(text) < _LEAST_TOKEN or not text.isascii() or not text.isprintable() or " " in text:
        what = f"expected a file with one word of at least {_LEAST_TOKEN} letters and digits; make one by\n"
        what += f"    openssl rand -hex 16 > {path}"
        raise ConfigError([Problem(f"got {path}, {what}", "--token")])
    return text
