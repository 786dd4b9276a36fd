"""Look at the data of an experiment before a training, ``segcli data check -c FILE``, or get some, ``data fetch``."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING

from segcli.cli.verb import CONFIG, FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

KINDS = {kind: f"segcli.cli.data_{kind}" for kind in ("check", "preview", "stats", "fetch")}
"""The module of each kind, which has a function ``run``."""
FETCH = "fetch"
_OF_EXPERIMENTS = " ".join(kind for kind in KINDS if kind != FETCH)

VERB = Verb(
    "data",
    """
Look at the data of an experiment before a training, or download public data. Without --ckpt_path, no model is built and
no weights are loaded.

check: every image and mask is read. Errors: files that cannot be read, masks of another size or with values that are no
class, images without mask, copies of an image in two splits, a class that train lacks. Warnings: a class that val
lacks, frames of one sequence in two splits, masks saved as JPEG, one class nearly everywhere, unused files. Notes:
pictures that look alike in one split, sizes, class weights.

check --ckpt_path CKPT: also the images in which a trained model is surest that labels are wrong, each as a picture of
image, label, prediction and what is doubted. Thin strips along edges are left out.

preview: a PNG of exactly what the model gets, after the transforms of the first epoch: image and mask, with the names
of the classes.

stats: pixels, images and objects of every class, sizes, mean and standard deviation of the channels.

fetch: download a public data set into the folder that its preset names, segcli:data/NAME. Licence, size and source are
shown first. What was begun is continued, what came is compared with its checksum, and nothing is written outside of the
folder; a folder that holds something is left as it is. Without NAME, it lists what there is.
""",
    (
        "check -c FILE [--ckpt_path CKPT [--n N] [--output PATH]]",
        "preview -c FILE [--split SPLIT] [--n N] [--output PATH]",
        "stats -c FILE [--split SPLIT] [--html FILE]",
        "fetch [NAME] [--root FOLDER] [--yes]",
    ),
    (
        replace(CONFIG, kind=_OF_EXPERIMENTS),
        Option(
            "--split",
            "train, val or test; train for preview, all for stats",
            "SPLIT",
            ("train", "val", "test"),
            kind="preview stats",
        ),
        Option("--n", "how many images, 16; of preview spread evenly over the split", "N", kind="preview check"),
        Option(
            "--output",
            "of preview <stem of FILE>_<split>.png; of check a folder, doubted_labels",
            "PATH",
            kind="preview check",
        ),
        Option("--ckpt_path", "a trained model: show labels that it doubts", "CKPT", kind="check"),
        Option("--html", "write a page with tables and plots that needs nothing else", "FILE", kind="stats"),
        Option("--root", "of fetch: where to put it, instead of where the preset says", "FOLDER", kind=FETCH),
        Option("--yes", "of fetch: do not ask; needed where there is no terminal", kind=FETCH),
        FORMAT,
    ),
    (
        "check -c experiments/quickstart.yaml",
        "preview -c experiments/quickstart.yaml --split val --n 8",
        "stats -c experiments/quickstart.yaml --html data.html",
        ("fetch", "data sets, their sizes and licences"),
        "fetch pet --root /data/pets --yes",
    ),
    """
Pictures that look alike are found by a perceptual hash of 256 bits, mirrored ones too; those that were cropped are not.
Proxies of fetch are those of HTTPS_PROXY and NO_PROXY.

Exit code: 0; 1 if check finds errors in the data, or the answer to fetch is no; 2 for mistakes.
""",
    words="one word",
    most=1,
    overrides=True,
    least=1,
    kinds=tuple(KINDS),
    named=FETCH,
)


def run(typed: Typed) -> int:
    """Do what the first word says.

    Raises:
        ConfigError: For every mistake of the user.
    """
    kind = typed.words[0]
    if kind == FETCH and typed.overrides:
        raise ConfigError([Problem("data fetch takes no --key value: it reads no experiment")])
    return int(importlib.import_module(KINDS[kind]).run(typed))
