"""What is different now from when a run was made. Torch-free."""

import hashlib
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import segcli
from segcli.runs.surroundings import file_hash, git_state, hardware, uncommitted, versions

NOTHING = "none"


class Since(NamedTuple):
    """One difference.

    Attributes:
        what: A package, ``commit``, ``processor``, a file ...
        then: As the passport has it.
        now: As it is.
    """

    what: str
    then: str
    now: str


def changes_since(passport: Mapping[str, Any], runs: Path) -> list[Since]:
    """Return what differs in code, packages, machine and experiment files; the data are compared by the run itself.

    Args:
        passport: Of the run.
        runs: Folder of the runs, which is no part of the code.
    """
    then = {**(passport.get("versions") or {}), "segcli": passport.get("segcli"), "platform": passport.get("platform")}
    now: dict[str, Any] = {**versions(), "segcli": segcli.__version__, "platform": platform.platform()}
    then |= passport.get("hardware") or {}
    now |= hardware()
    code_then, code_now = passport.get("git") or {}, git_state(Path.cwd()) or {}
    patch = uncommitted(Path.cwd(), runs)
    digest = hashlib.sha256(patch.encode(errors="surrogateescape")).hexdigest()[:16] if patch else None
    then |= {"commit": code_then.get("commit"), "uncommitted changes": code_then.get("patch_sha256")}
    now |= {"commit": code_now.get("commit"), "uncommitted changes": digest}
    for source in passport.get("sources") or []:
        then[source["file"]], now[source["file"]] = source["sha256"], file_hash(Path(source["file"]))
    keys = dict.fromkeys((*then, *now))
    return [Since(key, _said(then.get(key)), _said(now.get(key))) for key in keys if then.get(key) != now.get(key)]


def _said(value: object) -> str:
    return NOTHING if value is None else str(value)
