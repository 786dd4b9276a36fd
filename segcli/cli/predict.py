"""Apply a checkpoint to images: ``segcli predict --ckpt_path FILE --data.root FOLDER``."""

from segcli.cli.experiment_run import execute
from segcli.cli.job import Job

HELP = """usage: python -m segcli predict --ckpt_path FILE [--data.root FOLDER] [-c FILE] [--key value ...]

Apply a checkpoint to every image of a folder: FOLDER/<data.image_dir> if there is one, else FOLDER. No masks needed.

  python -m segcli predict --ckpt_path runs/my_cells/1/checkpoints/best.ckpt --data.root new_images

Writes <run folder>/predictions/<number>/: per image one PNG of class indices with a palette, and one overlay, both
at the image's own size. With model.task multilabel there is <class>/<image>.png for each class instead of the indices,
a PNG of 1 bit: white where the pixel is of that class.
"""


def run(words: list[str]) -> int:
    """Predict; write the files and print where they are."""
    return execute("predict", words, _predict)


def _predict(job: Job) -> None:
    cli = job.cli
    cli.trainer.predict(
        cli.model,
        datamodule=cli.datamodule,
        ckpt_path=job.arguments.checkpoint,
        weights_only=True,
        return_predictions=False,
    )
    if cli.trainer.is_global_zero:
        print(f"predictions in {job.folder.path}")
