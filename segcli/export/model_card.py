"""The page beside an exported file: what it is, how it is used, what it was trained on and how good it is."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from segcli.comparison.figures import count, plural, score
from segcli.config.errors import ConfigError
from segcli.config.escape import code, markdown, markdown_table
from segcli.datasets.record_image import NATIVE
from segcli.export.description import Description
from segcli.export.onnx_model import OnnxModel
from segcli.ledger.entry import Entry, read_entries
from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from segcli.score_spec import MEAN_IOU

SCRIPT = "predict_onnx.py"


def model_card(name: str, description: Description, file: str, run: StoredRun | None, refusal: str = "") -> str:
    """Return the page in Markdown.

    Args:
        name: Of the experiment.
        description: What the file says of itself.
        file: Its name.
        run: That it was trained in; None where the checkpoint was moved away from it.
        refusal: Why the file is not to be used; empty if it may be.
    """
    classes = plural(len(description.classes), "class").replace("classs", "classes")
    lines = [
        f"# {markdown(name)}: semantic segmentation, {classes}",
        "",
        *([f"**Not to be used**: {markdown(refusal)}.", ""] if refusal else []),
        *_use(description, file),
        "",
        "## Where it is from",
        "",
        *markdown_table(("", ""), ((key, _cell(value)) for key, value in description.origin.items())),
        "",
    ]
    if run is not None:
        lines += [*_scores(run, description), ""]
    lines += ["## File against model", "", _agreement(description), ""]
    return "\n".join(lines)


def _use(description: Description, file: str) -> Iterator[str]:
    size = "any size" if description.size is None else f"{description.size[0]}x{description.size[1]} pixels"
    if description.size is None:
        size += f" from {description.least} pixels"
    batch = "any number of images" if description.any_batch else "one image at a time"
    channels = f"{plural(description.channels, 'channel')}, {description.image_mode}"
    result = "0 or 1 for each class" if description.task == "multilabel" else "class indices"
    yield f"`{file}` takes images of {size}, {batch}, with their pixels as they are:"
    yield ""
    shape = "(B, K, H, W)" if description.task == "multilabel" else "(B, H, W)"
    rows = [("in", "image", description.dtype, "(B, H, W, C)", channels), ("out", "labels", "uint8", shape, result)]
    if "probabilities" in description.outputs:
        is_binary = description.task == "binary"
        shape, what = ("(B, 1, H, W)", "of the second class") if is_binary else ("(B, K, H, W)", "of each class")
        rows.append(("out", "probabilities", "float32", shape, f"{what}, 0 to 1"))
    yield from markdown_table(("", "name", "type", "shape", "what"), rows)
    if description.int8_images:
        yield ""
        yield f"Convolutions compute with 8 bits, calibrated on {plural(description.int8_images, 'training image')}."
    if file == OnnxModel.file_name:
        are_pictures = description.image_mode != NATIVE and description.dtype == "uint8"
        image, pillow = ("photo.jpg", " and Pillow") if are_pictures else ("photo.npy", "")
        yield ""
        yield f"`python {SCRIPT} {image}` writes `{image}.labels.png`, with NumPy, onnxruntime{pillow}."
    yield ""
    colours = zip(description.classes, description.colours, strict=True)
    yield from markdown_table(
        ("index", "class", "colour"), ((str(i), markdown(name), code(c)) for i, (name, c) in enumerate(colours))
    )


def _scores(run: StoredRun, description: Description) -> Iterator[str]:
    best = (run.passport.get("checkpoints") or {}).get(run.best_name or "")
    if best != description.origin.get("checkpoint_sha256"):
        whose = run.best_name or "a checkpoint that was not kept"
        yield f"The scores of the run are those of {whose}, not of this model."
        return
    scores, data = run.scores(), run.passport["data"]
    yield "## Data and scores"
    yield ""
    splits = ", ".join(f"{split} {content.get('count')}" for split, content in (data.get("splits") or {}).items())
    yield f"Images: {markdown(splits)}. Scores are those of the validation split, which also chose the checkpoint:"
    yield "on other data expect lower ones."
    yield ""
    head = ("class", "IoU", "Dice", "pixels")
    rows = [
        (markdown(name), score(each.get("IoU")), score(each.get("Dice")), count(each.get("pixels")))
        for name, each in scores["classes"].items()
    ]
    yield from markdown_table(head, [*rows, ("mean", score(scores.get("mIoU")), score(scores.get("mDice")), "")])
    entry = recorded(run)
    figure = entry.figure(MEAN_IOU) if entry is not None else None
    if entry is not None and figure is not None:
        yield ""
        spread = "" if figure.sd is None else f", standard deviation {figure.sd:.3f}"
        yield f"Recorded as {code(entry.name)}: mIoU {figure.mean:.3f} over {plural(figure.n, 'run')}{spread}."


def recorded(run: StoredRun) -> Entry | None:
    """Return the recorded result of a run's experiment; None where there is none."""
    files: Sequence[str] = run.passport.get("experiment") or ()
    for folder in {Path(file).parent for file in files}:
        try:
            found = [each for each in read_entries(folder) if each.content["experiment_hash"] == run.experiment_hash]
        except ConfigError:
            continue  # of other results; those who record them are told
        if found:
            return found[0]
    return None


def stored_run(folder: Path | None) -> StoredRun | None:
    """Return the run in a folder; None where there is none that can be read and trusted."""
    if folder is None:
        return None
    try:
        run = StoredRun.load(folder)
        run.scores()
    except UnreadableRunError:
        return None
    return run


def _agreement(description: Description) -> str:
    found: Mapping[str, float] = description.agreement
    if not found:
        return "Not compared: the file may predict something else than the model."
    share = found["differing"] / max(found["pixels"], 1)
    return (
        f"On {plural(int(found['images']), 'image')} of the validation split {share:.4%} of labels differ; mIoU of the "
        f"model {found['model_miou']:.4f}, of the file {found['file_miou']:.4f}."
    )


def _cell(value: object) -> str:
    parts = (f"{key} {each}" for key, each in value.items()) if isinstance(value, Mapping) else (str(value),)
    return markdown(", ".join(parts))
