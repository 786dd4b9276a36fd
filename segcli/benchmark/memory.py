"""How much memory a variant takes: measured in a process that opens and runs it alone.

In one process with others, what libraries keep for themselves could not be told apart. The process imports libraries
and reads the image, notes its resident memory, then opens the variant and predicts; the most that was resident from
there on, less what was noted, is what is returned. For a compiled model it includes compiling. Only Linux tells it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from segcli.benchmark.variant import Choice, open_variant
from segcli.config.output import say
from segcli.export.formats import FORMATS, require_library
from segcli.predict.predictor import Images

_MODULE, _PREDICTIONS = "segcli.benchmark.memory", 3
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Peak(NamedTuple):
    """The most memory in use, in bytes.

    Attributes:
        resident: Of the processor, above what the process had before; None where the system does not tell.
        gpu: Of tensors on a GPU; None where none is used.
    """

    resident: int | None
    gpu: int | None


def peak_memory(choice: Choice, images: Images, device: str = "cpu", threads: int = 1) -> Peak:
    """Open and run a variant in a process of its own.

    Args:
        choice: The variant.
        images: ``(B, H, W, C)`` that it predicts.
        device: Where a checkpoint computes.
        threads: Of the processor.

    Returns:
        What was measured; nothing but None where the process failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        pixels = Path(folder) / "images.npy"
        np.save(pixels, images)
        words = [choice.form, str(choice.path), str(pixels), device, str(threads)]
        code = f"import sys; sys.path.insert(0, ''); from {_MODULE} import report; report(sys.argv[1:])"
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        return Peak(None, None)
    return Peak(*json.loads(done.stdout.splitlines()[-1]))


def report(words: list[str]) -> None:
    """Measure in this process, and print the two numbers as JSON.

    Args:
        words: Form and path of the variant, file of the images, device, threads.
    """
    form, path, pixels, device, threads = words
    say(json.dumps(measure(Choice(form, Path(path)), np.load(pixels), device, int(threads))))


def measure(choice: Choice, images: Images, device: str, threads: int) -> Peak:
    """Open and run a variant here; see :func:`peak_memory`."""
    torch.set_num_threads(threads)
    for each in FORMATS.values():
        if choice.path.suffix == Path(each.file_name).suffix:
            require_library(each)
    _forget_peak()
    before = _resident("VmRSS")
    predictor = open_variant(choice, device, threads).predictor
    if predictor.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(predictor.device)
    for _ in range(_PREDICTIONS):
        predictor.labels(images)
    peak = _resident("VmHWM")
    gpu = torch.cuda.max_memory_allocated(predictor.device) if predictor.device.startswith("cuda") else None
    return Peak(None if before is None or peak is None else max(peak - before, 0), gpu)


def _forget_peak() -> None:
    """Let the peak begin anew, where the system offers that: importing may have had more than is left."""
    try:
        _RESET.write_text("5", encoding="ascii")
    except OSError:
        return


def _resident(key: str) -> int | None:
    """Return bytes of this process as Linux tells them: ``VmRSS`` now, ``VmHWM`` at most."""
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{key}:")), None)
