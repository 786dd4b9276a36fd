"""What a run depends on besides its experiment: code, packages, machine. Torch-free."""

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

from segcli.registry import plug_in_versions

PACKAGES = (
    "torch",
    "torchvision",
    "pytorch-lightning",
    "jsonargparse",
    "albumentations",
    "timm",
    "torchmetrics",
    "omegaconf",
    "opencv-python-headless",
    "numpy",
    "pillow",
)
"""Those whose version may change a result; ``packages.txt`` in the run folder has them all."""
MOST_PATCH_BYTES = 10_000_000
"""Size above which the patch is hashed, but not kept."""
MOST_UNTRACKED_FILES = 200
UNTRACKED = (".py", ".yaml", ".yml", ".toml")
"""Ends of files that are not committed yet and belong into the patch: code and experiments, not data."""
MOST_UNTRACKED_BYTES = 200_000


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit, branch and changed files of the repository around ``folder``; None outside of one."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=normal")
    return {
        "commit": commit.strip(),
        "branch": (_git(folder, "rev-parse", "--abbrev-ref", "HEAD") or "").strip(),
        "changed": None if changed is None else [line[3:] for line in changed.splitlines()],
    }


def uncommitted(folder: Path, runs: Path) -> str | None:
    """Return the patch that turns the commit into the working tree, for ``git apply``.

    Of files that git does not know, the first 200 with code and experiments are in it (:data:`UNTRACKED`).

    Args:
        folder: In the repository.
        runs: Folder of the runs, whose files are left out.

    Returns:
        The patch; empty if nothing changed, None outside of a repository.
    """
    patch = _git(folder, "diff", "--binary", "HEAD")
    others = _git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", ":/")
    top = _git(folder, "rev-parse", "--show-toplevel")
    if patch is None or top is None:
        return None
    own = [name for name in filter(None, (others or "").split("\0")) if _belongs(Path(top.strip()) / name, runs)]
    for name in own[:MOST_UNTRACKED_FILES]:
        patch += _git(Path(top.strip()), "diff", "--binary", "--no-index", "/dev/null", name, ends=(0, 1)) or ""
    return patch


def _belongs(path: Path, runs: Path) -> bool:
    """Return whether a file that git does not know is code or an experiment."""
    if path.suffix not in UNTRACKED or path.is_relative_to(runs.resolve()) or not path.is_file():
        return False
    return path.stat().st_size <= MOST_UNTRACKED_BYTES


def versions() -> dict[str, str]:
    """Return the versions of Python, of :data:`PACKAGES`, and of packages that bring components under short names."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | plug_in_versions()


@cache
def installed_packages() -> str:
    """Return every installed package with its version, a line each, as ``pip install -r`` takes them.

    Read once per process, which goes on with what it has imported; each access to ``metadata`` parses a file anew.
    """
    read = (each.metadata for each in distributions())
    found = {str(each["Name"]): str(each["Version"]) for each in read if each["Name"]}
    return "".join(f"{name}=={found[name]}\n" for name in sorted(found, key=str.lower))


def hardware() -> dict[str, Any]:
    """Return processor, cores for this process, memory in bytes, and GPUs with their driver as ``nvidia-smi`` says.

    What the system does not say is None.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": _processor(), "cores": cores, "memory_bytes": memory, "gpus": _gpus()}


def file_hash(path: Path) -> str | None:
    """Return 16 hexadecimal digits of a file's SHA-256; None if it cannot be read."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                found.update(chunk)
    except OSError:
        return None
    return found.hexdigest()[:16]


def source_chain(files: Iterable[Path]) -> list[dict[str, str | None]]:
    """Return experiment files, in the order of reading, with a hash of what they held."""
    return [{"file": str(file), "sha256": file_hash(file)} for file in files]


def _gpus() -> list[str] | None:
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def _git(folder: Path, *arguments: str, ends: Sequence[int] = (0,)) -> str | None:
    command = ["git", "-c", "core.quotepath=off", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="surrogateescape") if done.returncode in ends else None
