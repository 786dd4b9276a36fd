"""Write a checkpoint into a file that runs without segcli: ``segcli export --ckpt_path FILE``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli.data_preview import image_number
from segcli.cli.verb import CHECKPOINT, CONFIG, FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import code, markdown
from segcli.config.output import say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.export.export_checkpoint import Exported

REFUSED = 1
_LARGEST = 16384

VERB = Verb(
    "export",
    """
Write the model of a checkpoint into a file that runs without segcli, with all that lies between the pixels of an image
and its labels inside: normalising, padding, resizing, the choice of classes. It takes images of any size as (batch,
height, width, channels) in their raw values, and returns labels (batch, height, width).

The file is opened and compared with the model on images of the validation split. If more than 0.1 % of labels differ,
or mIoU falls by more than 0.001 (with 8 bits: 0.01), it gets a name that says so.
""",
    ("--ckpt_path FILE",),
    (
        CHECKPOINT,
        CONFIG,
        Option("--to", "onnx (default), torch for torch.export, or openvino", "KIND", ("onnx", "torch", "openvino")),
        Option("--size", "for images of this size only, where a model cannot be written for any", "HxW"),
        Option("--probabilities", "return those of the classes, too"),
        Option("--int8", "compute convolutions with 8 bits, calibrated on N training images; onnx only", "N"),
        Option("--n", "validation images to compare file and model on, 64; 0 for none", "N"),
        Option("--output", "an empty or new folder, instead of <run folder>/export/<number>", "FOLDER"),
        FORMAT,
    ),
    (
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt",
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt --to openvino --probabilities",
        ("--ckpt_path best.ckpt --data.root /data/cells --int8 200", "data that lie elsewhere now"),
    ),
    """
Writes the file, export.json with what is in it, README.md, a card of the model, and for ONNX predict_onnx.py, which
needs NumPy and onnxruntime only. The file says the same of itself under the key `segcli`.

Exit code: 0; 1 if file and model disagree; 2 for mistakes. Needs `pip install 'segcli[export]'`.
""",
    most=0,
    overrides=True,
)


def run(typed: Typed) -> int:
    """Export; print what was written and how well it agrees.

    Raises:
        ConfigError: For every mistake of the user.
    """
    wanted = _wanted(typed)
    if typed.checkpoint is None:
        raise ConfigError([Problem("export needs a checkpoint: --ckpt_path runs/.../checkpoints/best.ckpt")])
    from segcli.experiment.export import export

    output = typed.value("--output")
    exported = export(typed.arguments, wanted, Path(output) if output is not None else None)
    say_text(_report(exported, typed.format))
    return REFUSED if exported.refusal else 0


def _wanted(typed: Typed) -> dict[str, Any]:
    """Return the options, before anything that takes time to import."""
    size, kind = typed.value("--size"), typed.value("--to") or "onnx"
    number, int8 = typed.value("--n"), typed.value("--int8")
    if int8 is not None and kind != "onnx":
        raise ConfigError([Problem("--int8 is for ONNX; leave --to out")])
    return {
        "format": kind,
        "probabilities": typed.has("--probabilities"),
        "size": None if size is None else image_size(size),
        "images": 0 if number == "0" else image_number(number, default=64),
        "int8": 0 if int8 is None else image_number(int8, name="--int8"),
    }


def image_size(text: str) -> tuple[int, int]:
    """Return height and width in pixels, the value of ``--size``.

    Raises:
        ConfigError: If it is none.
    """
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(1 <= side <= _LARGEST for side in size):
        raise ConfigError([Problem(f"--size got {text}, expected height and width in pixels, such as 360x480")])
    return size


def _report(exported: Exported, form: str) -> str:
    agreement, description = exported.agreement, exported.description
    if form == "json":
        found = {"file": str(exported.path), "refused": exported.refusal, **json.loads(description.text())}
        return json.dumps(found, ensure_ascii=False, indent=2)
    write, quote = (markdown, code) if form == "markdown" else (str, str)
    size = "any size" if description.size is None else f"{description.size[0]}x{description.size[1]} pixels"
    batch = "any number at once" if description.any_batch else "one at a time"
    megabytes = exported.path.stat().st_size / 1e6
    lines = [f"{quote(str(exported.path))}  {megabytes:.1f} MB, for images of {size}, {batch}"]
    if agreement is None:
        lines.append("not compared with the model")
    else:
        lines.append(
            f"on {agreement.images} validation images {agreement.share:.4%} of labels differ; mIoU of the model "
            f"{agreement.model_miou:.4f}, of the file {agreement.file_miou:.4f}"
        )
    if exported.refusal:
        lines.append(f"REFUSED: {write(exported.refusal)}")
    return "\n".join(f"- {line}" for line in lines) if form == "markdown" else "\n".join(lines)
