"""Measure how fast a checkpoint and its exported files are: ``segcli benchmark --ckpt_path FILE``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.data_preview import image_number
from segcli.cli.export import image_size
from segcli.cli.verb import CHECKPOINT, CONFIG, FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

VERB = Verb(
    "benchmark",
    """
Measure the model of a checkpoint as PyTorch runs it, in float32 and bfloat16, and as exported files do: time, memory,
size on disk, and the share of labels that differ from those in float32. FILE is one
of `segcli export`, .onnx, .pt2 or .xml; without any, all in the folder of the run are taken, rejected ones
apart.

Variants take turns, round by round, on images of the validation split; times are from pixels to labels. A speed is that
relative to PyTorch in float32, with its 95 % interval over rounds.
""",
    ("--ckpt_path FILE [FILE ...]",),
    (
        CHECKPOINT,
        CONFIG,
        Option("--size", "of the images; that of the first validation image, unless given", "HxW"),
        Option("--batch", "images at once, 1", "N"),
        Option("--threads", "threads of the processor; as many as it has cores, unless given", "N"),
        Option("--repeats", "rounds that are timed, 30", "N"),
        Option("--compile", "torch.compile the model, too; takes a minute or more, and a C++ compiler"),
        Option("--device", "where PyTorch computes: auto (default), cpu or cuda", "NAME", ("auto", "cpu", "cuda")),
        Option("--output", "an empty or new folder, instead of <run folder>/benchmark/<number>", "FOLDER"),
        FORMAT,
    ),
    (
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt",
        "--ckpt_path runs/quickstart/1/checkpoints/best.ckpt --threads 1",
        ("--ckpt_path best.ckpt model.onnx --output speed", "outside of a run"),
    ),
    """
Writes benchmark.json, with processor, threads and versions, and benchmark.png. Memory is measured in a process for each
variant: the most that is resident while it opens the model and predicts, above what there was before.

Exit code: 0, or 2 for mistakes.
""",
    words="FILE",
    overrides=True,
)


def run(typed: Typed) -> int:
    """Measure; print the table.

    Raises:
        ConfigError: For every mistake of the user.
    """
    size, output = typed.value("--size"), typed.value("--output")
    batch = image_number(typed.value("--batch"), default=1, name="--batch")
    rounds = image_number(typed.value("--repeats"), default=30, name="--repeats")
    threads = image_number(typed.value("--threads"), default=_cores(), name="--threads")
    pixels = None if size is None else image_size(size)
    if typed.checkpoint is None:
        raise ConfigError([Problem("benchmark needs a checkpoint: --ckpt_path runs/.../checkpoints/best.ckpt")])
    from segcli.benchmark.benchmark import Wanted
    from segcli.experiment.benchmark import benchmark
    from segcli.reports.benchmark_report import benchmark_report

    found = benchmark(
        typed.arguments,
        [Path(word) for word in typed.words],
        Wanted(batch, rounds, threads),
        pixels,
        typed.has("--compile"),
        typed.value("--device") or "auto",
        Path(output) if output is not None else None,
    )
    say_text(benchmark_report(found, typed.format))
    return 0


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
