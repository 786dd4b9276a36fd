"""Leave out what Lightning and torch tell at every start, so that what matters is seen."""

import logging
import os
import warnings

from segcli.config.output import escape_warnings

OF_THE_MACHINE = (
    ".*The `srun` command is available on your system but is not used.*",  # a login node has it, a laptop may
    "GPU available but not used.*",  # trainer.accelerator says cpu
    "TPU available but not used.*",
)
"""Warnings that depend on where a run starts and not on what it is; the tests run where they may appear, too."""
IGNORED = (
    *OF_THE_MACHINE,
    ".*The dirpath has changed from.*",  # evaluation writes to a folder of its own
    ".*Experiment logs directory .* exists and is not empty.*",  # the run folder is new, and holds no metrics.csv
    ".*Checkpoint directory .* exists and is not empty.*",  # that of a run that is resumed
    ".*ended before the epoch ended and your dataloader is not resumable.*",  # the data module's sampler is
    "\\s*Dump of a value that does not round-trip: a tuple.*",  # YAML has lists; the types of arguments know better
    ".*need to be provided during `Trainer` instantiation.*: \\['Results'\\].*",  # predict has no use for it
    ".*does not have many workers.*",  # one's choice of data.num_workers is no news
    ".*sync_dist=True.*when logging on epoch level.*",  # what the task logs is over all devices already
    ".*Using `DistributedSampler` with the dataloaders.*",  # ours repeats no image
    ".*is smaller than the logging interval.*",  # the last epochs' means are logged all the same
    ".*`isinstance\\(treespec, LeafSpec\\)` is deprecated.*",  # Lightning 2.6 with torch 2.15
    ".*WeightAveraging callback with a model that overrides the configure_model.*",  # no model here is sharded
    ".*lr_scheduler.step\\(\\).*before.*optimizer.step\\(\\).*",  # with 16-bit precision, a skipped first step
)

LOGGERS = ("pytorch_lightning", "lightning.pytorch", "lightning_fabric")


def quiet() -> None:
    """Silence Lightning's information lines and warnings that ask for nothing; let no value in others do harm."""
    # Lightning 2.6 calls what jsonargparse 4.53 renamed; the pins in pyproject.toml hold until it no longer does
    os.environ.setdefault("JSONARGPARSE_DEPRECATION_WARNINGS", "off")
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for pattern in IGNORED:
        warnings.filterwarnings("ignore", message=pattern)
    escape_warnings()
