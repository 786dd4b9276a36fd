"""Apply a checkpoint to images: ``segcli predict --ckpt_path FILE --data.root FOLDER``."""

from typing import TYPE_CHECKING

from segcli.cli.verb import CHECKPOINT, CONFIG, Verb
from segcli.config.output import say

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.experiment.job import Job

VERB = Verb(
    "predict",
    """
Apply a checkpoint to every image of a folder: FOLDER/<data.image_dir> if there is one, else FOLDER. No masks needed.
""",
    ("--ckpt_path FILE [--data.root FOLDER]",),
    (CHECKPOINT, CONFIG),
    (
        "--ckpt_path runs/my_cells/1/checkpoints/best.ckpt --data.root new_images",
        ("--ckpt_path runs/my_cells/1/checkpoints/best.ckpt", "the folder that it was trained on"),
    ),
    """
Writes <run folder>/predictions/<number>/: per image one PNG of class indices with a palette, and one overlay, both
at the image's own size, in a sub-folder where the image is in one. With model.task multilabel there is
<class>/<image>.png for each class instead of the indices, a PNG of 1 bit: white where the pixel is of that class.
""",
    most=0,
    overrides=True,
)


def run(typed: "Typed") -> int:
    """Predict; write the files and print where they are."""
    from segcli.experiment.run import execute

    return execute(typed.arguments, _predict)


def _predict(job: "Job") -> None:
    cli = job.cli
    cli.trainer.predict(
        cli.model,
        datamodule=cli.datamodule,
        ckpt_path=job.arguments.checkpoint,
        weights_only=True,
        return_predictions=False,
    )
    if cli.trainer.is_global_zero:
        say(f"predictions in {job.folder.path}")
