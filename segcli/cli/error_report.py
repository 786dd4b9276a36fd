"""Report an error once, however many processes of one run meet it. Torch-free until torch is there."""

import contextlib
import os
import sys
import time
from typing import Any

from segcli.config.output import say_text
from segcli.private_names import default_store
from segcli.processes import is_first_process, process_group

PATIENCE_S = 15.0
"""How long another process than the first waits with its error: in most cases the first has met the same, and reports
it after it has ended, or waited for, the processes that it started."""
HEAD_START_S = 5.0
"""How long it waits before it ends without a word: a launcher that sees a process fail ends all others at once, the
first too, which may not have spoken yet."""
REPORTED = "segcli/reported"
_GONE = ("onnection closed by peer", "onnection reset by peer", "Broken pipe", "remote process exited")
"""What gloo and NCCL say of a connection whose other end is gone."""


def report_error(text: str) -> None:
    """Print an error to standard error, unless another process of this run does.

    The first process prints at once. Until the processes are connected, those of one host do the same with the same
    files, so one of them speaks for all. Else the others wait a little: where the first fails too, it says so through
    the store that connects them, or the launcher ends them; where it does not, as with a file that is missing on this
    host alone, they print.
    """
    store = _store()
    if is_first_process() or _has_news(store):
        say_text(text, file=sys.stderr)
        if store is not None:
            with contextlib.suppress(RuntimeError):  # its host is gone, and with it everybody
                store.set(REPORTED, "1")


def was_reported(error: RuntimeError) -> bool:
    """Return whether an error is but the echo of another process's, which has reported its own, or is gone.

    The first process keeps the store, so that what it reported cannot be looked up once it has ended; that the
    connection to it broke is known by the message. One line says so, where nobody may have said anything: it may
    have been killed.
    """
    store = _store()
    if store is None:
        return False
    if any(sign in str(error) for sign in _GONE):
        say_text("this process ends: another one of the run has ended before", file=sys.stderr)
        return True
    try:
        return bool(store.check([REPORTED]))
    except RuntimeError:
        return False


def _store() -> Any:  # noqa: ANN401  (a class of torch, which may not be imported yet)
    """Return what the connected processes share; None before they are connected."""
    group = process_group()
    return None if group is None else default_store(group)


def _has_news(store: Any) -> bool:  # noqa: ANN401  (see above)
    if store is None and any(int(os.environ.get(rank, 0)) for rank in ("LOCAL_RANK", "SLURM_LOCALID")):
        time.sleep(HEAD_START_S)
        return False
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if store is not None and store.check([REPORTED]):
                return False
        except RuntimeError:  # the first process keeps the store, and is gone
            return False
        time.sleep(0.05)
    return True
