"""The verbs of the command line, and what each declares. Free of torch."""

import importlib

from segcli.cli.verb import Verb

VERBS = {
    "new": "look at a folder of images and masks, and write the experiment",
    "fit": "train an experiment",
    "validate": "measure a checkpoint on the validation split",
    "test": "measure a checkpoint on the test split",
    "predict": "apply a checkpoint or an exported file to images",
    "evaluate": "score label maps that something else predicted",
    "export": "write a checkpoint into a file that runs without segcli",
    "suggest": "rank images without labels by what a model would learn from them",
    "serve": "answer requests by a model, with a page to try it",
    "tune": "find a learning rate, a batch size or thresholds",
    "benchmark": "measure how fast a checkpoint and its exported files are",
    "sweep": "train an experiment with several values of its keys",
    "compare": "report which runs are better, faster and cheaper, and whether it is noise",
    "record": "keep the results of runs beside the experiments",
    "verify": "measure a run's checkpoint again and compare",
    "rerun": "train a run again and report what differs",
    "show": "print an experiment as composed, with sources or all defaults",
    "why": "show which file or flag set a value, and which values it replaced",
    "diff": "compare two experiments, or all with a revision of git",
    "check": "find mistakes in experiments without running them",
    "data": "look at the data of an experiment before a training, or download public data",
    "list": "list components, experiments and their arguments",
    "minimize": "drop from a file what its parents say already",
    "flatten": "write an experiment as one file without parents",
    "schema": "print a JSON schema of experiment files for editors",
    "guide": "print the manual, a topic at a time",
    "completion": "print what makes a shell complete verbs, keys and runs",
}
"""Each verb is a module of this package that holds its declaration, ``VERB``, and ``run``.

What ``run`` works with is imported when it runs: help, errors and a shell that completes read declarations alone.
"""

OTHER_NAMES = {
    **dict.fromkeys(("train", "run", "start", "resume"), "fit"),
    **dict.fromkeys(("val", "eval"), "validate"),
    **dict.fromkeys(("score", "metrics"), "evaluate"),
    **dict.fromkeys(("infer", "inference", "segment"), "predict"),
    **dict.fromkeys(("onnx", "convert", "deploy", "openvino"), "export"),
    **dict.fromkeys(("active", "active_learning", "label", "uncertainty"), "suggest"),
    **dict.fromkeys(("bench", "speed", "profile", "latency"), "benchmark"),
    **dict.fromkeys(("server", "api", "demo", "app", "gradio"), "serve"),
    **dict.fromkeys(("config", "print", "cat", "print_config"), "show"),
    **dict.fromkeys(("lint", "doctor"), "check"),
    **dict.fromkeys(("ls", "models", "components"), "list"),
    **dict.fromkeys(("grid", "search", "tune_hyperparameters", "multirun"), "sweep"),
    **dict.fromkeys(("lr_find", "find_lr"), "tune"),
    **dict.fromkeys(("reproduce", "repeat"), "rerun"),
    **dict.fromkeys(("init", "create", "setup"), "new"),
    "explain": "why",
}
"""What other programs, and LightningCLI's users, call them."""


def declared(name: str) -> Verb:
    """Return what a verb declares; only its module is imported."""
    verb: Verb = importlib.import_module(f"segcli.cli.{name}").VERB
    return verb


def that_take(option: str) -> list[str]:
    """Return the verbs that declare an option, by its long or short name."""
    return [name for name in VERBS if declared(name).option(option) is not None]


def that_take_overrides() -> list[str]:
    """Return the verbs that take ``--key value``."""
    return [name for name in VERBS if declared(name).overrides]
