"""Load a file from a server, from where an earlier attempt ended if it is still the same file."""

import json
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from segcli.config.output import say
from segcli.disk import write_text
from segcli.downloads.data_set import shown_bytes
from segcli.downloads.download_error import DownloadError

TIMEOUT_S = 30.0
"""Seconds without a byte after which a connection counts as broken."""
ATTEMPTS = 5
"""How often a server is asked without a byte more than before."""
PAUSE_S = 1.0
"""Seconds before the second attempt; twice that before the third, and so on."""
_BLOCK = 1 << 18
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""States of a server that pass."""
_UNFIT = 416
_PARTIAL = 206

Told = Callable[[int, int | None], None]
"""Is called with the bytes that are there and those of the whole, None if that is not known."""


@dataclass(frozen=True)
class _Version:
    """Of which file on the server a part is.

    Attributes:
        url: Its address.
        tag: What tells one version from another, in the words of the server; empty if it has none.
        total: Bytes of the whole; None if the server does not say.
    """

    url: str
    tag: str
    total: int | None


def load(url: str, target: Path, told: Told) -> None:
    """Load a file; a part of it is kept as ``NAME.part`` when that fails, and the next attempt goes on there.

    Args:
        url: Where it is.
        target: Where it appears once it is whole.
        told: Is told how far it is.

    Raises:
        DownloadError: If the server has none, cannot be reached or breaks the connection again and again, or the disk
            is full.
    """
    part, most, failures = target.with_name(f"{target.name}.part"), -1, 0
    while True:
        try:
            _load_on(url, part, told)
            break
        except urllib.error.HTTPError as error:
            error.close()
            reason = f"answered {error.code} {error.reason}"
            if error.code not in _PASSING:
                raise DownloadError(
                    f"{_host(url)} {reason} for {url}; it may have moved. Look for it at the data set's page, and put "
                    f"it at {target}."
                ) from None
        except (OSError, HTTPException) as error:
            reason = f"{'broke off' if max(most, _size(part)) > 0 else 'cannot be reached'}: {_reason(error)}"
        size = _size(part)
        failures, most = (1 if size > most else failures + 1), max(most, size)
        if failures == ATTEMPTS:
            kept = f"{shown_bytes(size)} are kept, where the same command goes on" if size else "Nothing came"
            raise DownloadError(
                f"{_host(url)} {reason}. {kept}. Behind a proxy, set HTTPS_PROXY; without a network, put {url} at "
                f"{target}."
            )
        pause = PAUSE_S * 2 ** (failures - 1)
        say(f"{_host(url)} {reason}; again in {pause:g} s", file=sys.stderr)
        time.sleep(pause)
    part.replace(target)
    _notes(part).unlink(missing_ok=True)


def _load_on(url: str, part: Path, told: Told) -> None:
    """Ask for what is missing, or for all of it, and write it."""
    known = _known(part, url)
    done = _size(part) if known is not None else 0
    if known is not None and done == known.total:
        return None
    headers = {"User-Agent": "segcli", "Accept-Encoding": "identity"}
    if known is not None and done:
        headers |= {"Range": f"bytes={done}-", **({"If-Range": known.tag} if known.tag else {})}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != _UNFIT or not done:
            raise
        error.close()
        part.unlink()  # what is there is longer than the file has become
        return _load_on(url, part, told)
    with answer:
        begin, total = _place(answer)
        now = _Version(url, _tag(answer), total)
        if begin and (begin != done or now != known):  # the file has changed, and the server has not told
            part.unlink()
            return _load_on(url, part, told)
        with _on_disk(part):
            write_text(_notes(part), json.dumps(asdict(now)))
            file = part.open("ab" if begin else "wb")
        with file:
            done = _copy(answer, file, part, lambda more: told(begin + more, total))
    if total is not None and begin + done != total:
        raise ConnectionError(f"{shown_bytes(begin + done)} of {shown_bytes(total)} came")
    return None


def _copy(answer: IO[bytes], file: IO[bytes], part: Path, told: Callable[[int], None]) -> int:
    """Return how many bytes were copied."""
    done = 0
    while block := answer.read(_BLOCK):
        with _on_disk(part):
            file.write(block)
        done += len(block)
        told(done)
    with _on_disk(part):
        file.flush()
    return done


@contextmanager
def _on_disk(part: Path) -> Iterator[None]:
    """Tell errors of the disk from those of the network.

    Raises:
        DownloadError: In place of them.
    """
    try:
        yield
    except OSError as error:
        raise DownloadError(f"cannot write {part}: {error.strerror or error}") from None


def _place(answer: HTTPResponse) -> tuple[int, int | None]:
    """Return at which byte an answer begins, and how many the whole has."""
    if answer.status == _PARTIAL and (
        found := re.match(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
    ):
        return int(found[1]), int(found[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _tag(answer: HTTPResponse) -> str:
    """Return what a server accepts in ``If-Range``: a strong tag, or a date."""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _known(part: Path, url: str) -> _Version | None:
    """Return of which version a part is; None if there is none, or it is of something else."""
    try:
        version = _Version(**json.loads(_notes(part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return version if version.url == url and part.is_file() else None


def _notes(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _reason(error: Exception) -> str:
    """Return in a few words what broke."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {TIMEOUT_S:.0f} s"
    return (cause.strerror if isinstance(cause, OSError) else "") or str(cause) or type(cause).__name__
