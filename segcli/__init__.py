"""Config-driven experiments for semantic image segmentation.

From Python, with an example each in their docstrings::

    import segcli

    run = segcli.fit("experiments/quickstart.yaml", overrides={"trainer.max_epochs": 2})
    segcli.check("experiments")
    segcli.diff("experiments/fpn_r50.yaml", "experiments/unet_r50.yaml")
    segcli.compare("runs/decoders", by="model.decoder")
    segcli.evaluate("nnunet/predictions", "experiments/quickstart.yaml")
    mask = segcli.load(run).predict("image.png")

Importing this module imports nothing else; torch comes with the first call that needs it.

The rooms, each of which imports those above it only (``tests/test_architecture.py``):

    disk, processes       whole-file writes and locks; which process this is
    program               how the command was typed
    private_names         what is not public in dependencies
    features, sample      shapes of features; what a dataset yields
    registry, score_spec  names of components; names of scores
    config                experiments: load, extend, merge, override, check, compare.  Without torch
    layers, transforms, datasets, plot_style
    downloads             public data sets, fetched and checked
    prediction            what a network says of images, whatever form it has
    backbones, decoders, losses, metrics, optim, datamodules, inference      know nothing of each other
    task_kind, segmenter, evaluation      the whole network as an nn.Module; what a pass over a split counts
    task, loop            its training step, in Lightning; what the training loop does beside
    runs                  the folder of a run: what is written, and read again
    callbacks             what happens while it trains
    comparison            which runs are better; page/ and plots/ of it
    ledger, sweeps        recorded results; many runs
    inspection            what a data set holds, and what is wrong with it, before a training
    survey                a folder of images and masks, and the experiment that is proposed for it
    export                a model as a file that runs without segcli
    predict               a model applied to images, from a checkpoint or an exported file
    suggest               images without labels, ranked by what a model would learn from them
    benchmark             how fast a model is in each of its forms
    serve                 a model that answers over HTTP, with a page to try it
    experiment            an experiment at work: built, checked, run, resumed, tuned
    reports               text, Markdown and JSON of what was found
    api, cli              the functions of this module; the verbs of the command line
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segcli.api.check import Check, check
    from segcli.api.compare import RunComparison, compare
    from segcli.api.diff import Diff, diff
    from segcli.api.evaluate import evaluate
    from segcli.api.fit import fit
    from segcli.api.load import load
    from segcli.api.run import Run
    from segcli.config.errors import ConfigError
    from segcli.segmenter import Segmenter

__version__ = "0.4.0"
__all__ = [
    "Check",
    "ConfigError",
    "Diff",
    "Run",
    "RunComparison",
    "Segmenter",
    "check",
    "compare",
    "diff",
    "evaluate",
    "fit",
    "load",
]
_MODULES = {
    "Check": "api.check",
    "ConfigError": "config.errors",
    "Diff": "api.diff",
    "Run": "api.run",
    "RunComparison": "api.compare",
    "Segmenter": "segmenter",
    **{name: f"api.{name}" for name in ("check", "compare", "diff", "evaluate", "fit", "load")},
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  (whatever has that name)
    """Import a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    """Return the public names, also of what is not imported yet."""
    return sorted({*globals(), *__all__})
