"""Where an error arose: in this package, in Lightning, or in code of the user's own, then with file and line."""

import re
import sysconfig
import traceback
from dataclasses import dataclass
from pathlib import Path

import segcli
from segcli.config.errors import in_a_line
from segcli.config.library import installed
from segcli.config.node import Source
from segcli.experiment.errors.plain_words import shorten

PACKAGE = Path(segcli.__file__).parent
_STANDARD = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")})
_INSTALLED = {"site-packages", "dist-packages"}
_OF_WORKER = re.compile(r"Caught \w+ in DataLoader worker process")
_INNER = re.compile(r"\.<[^>]+>")
_FRAME = re.compile(r'^ *File "(.+)", line (\d+), in (\S+)', re.MULTILINE)
_CAUSED = re.compile(r"\nThe above exception was the direct cause|\nDuring handling of the above exception")


@dataclass(frozen=True)
class OwnLine:
    """The last line of the user's own code that an error passed.

    Attributes:
        source: File and line.
        file: The file.
        function: As ``Class.method`` or, from a process that loads data, the name alone.
        raised: Type and message of the error.
    """

    source: Source
    file: Path
    function: str
    raised: str


def is_ours(error: BaseException) -> bool:
    """Return whether a line of segcli raised it: then it is worded for the user, and no bug."""
    file = _raised_in(error)
    return file is not None and file.is_relative_to(PACKAGE)


def passed(error: BaseException, *rooms: str) -> bool:
    """Return whether an error came through a line of these packages or modules of segcli, such as ``backbones``."""
    files = (Path(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(error.__traceback__))
    inside = (file.relative_to(PACKAGE) for file in files if file.is_relative_to(PACKAGE))
    return any(Path(file.parts[0]).stem in rooms for file in inside)


def is_of_lightning(error: BaseException) -> bool:
    """Return whether a line of Lightning raised it: before anything is trained, it is about one of its settings."""
    file = _raised_in(error)
    return file is not None and bool({"pytorch_lightning", "lightning_fabric"} & set(file.parts))


def own_line(error: BaseException | None, of_cause: bool = False) -> OwnLine | None:
    """Return where the user's own code raised an error, or what that was raised from; None if it had no part in it.

    Args:
        error: It; None for no error.
        of_cause: Whether only what it was raised from counts.
    """
    if error is None:
        return None
    if _OF_WORKER.search(str(error)):
        return _of_worker(str(error), of_cause)
    return (None if of_cause else _of_traceback(error)) or own_line(error.__cause__)


def _raised_in(error: BaseException) -> Path | None:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return Path(trace.tb_frame.f_code.co_filename) if trace is not None else None


def _of_traceback(error: BaseException) -> OwnLine | None:
    own = [
        (frame.f_code, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if _is_own(frame.f_code.co_filename)
    ]
    if not own:
        return None
    code, line = own[-1]
    return _line(code.co_filename, line, code.co_qualname, f"{type(error).__name__}: {error}")


def _of_worker(text: str, of_cause: bool) -> OwnLine | None:
    """Read the traceback of a process that loads data, which is all that comes from there; causes stand first."""
    parts = _CAUSED.split(text)
    for part in parts[:-1] if of_cause else parts:
        own = [found for found in _FRAME.findall(part) if _is_own(found[0])]
        if own:
            file, line, function = own[-1]
            return _line(file, int(line), function, _last_line(part))
    return None


def _last_line(text: str) -> str:
    """Return type and message that end a traceback."""
    lines = text.rstrip().splitlines()
    first = max((index for index, line in enumerate(lines) if line.startswith("  ")), default=-1) + 1
    kind, _, message = " ".join(lines[first:]).partition(": ")
    return f"{kind.rpartition('.')[2]}: {message}"


def _line(file: str, line: int, function: str, raised: str) -> OwnLine:
    kind, _, message = raised.partition(": ")
    said = f"{kind}: {shorten(in_a_line(message))}" if message.strip() else kind
    return OwnLine(Source(installed().files.show(Path(file)), line), Path(file), _INNER.sub("", function), said)


def _is_own(filename: str) -> bool:
    """Return whether code is neither of this package nor an installed one, nor Python's own."""
    path = Path(filename)
    if filename.startswith(_STANDARD) or _INSTALLED & set(path.parts) or path.is_relative_to(PACKAGE):
        return False
    return path.is_file()
