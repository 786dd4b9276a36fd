"""Run folders as fit writes them, without training: for tests of what reads them."""

import copy
import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image

from segcli.runs.class_scores import class_scores, group_scores, set_score, table
from segcli.runs.identity import config_hash, experiment_hash
from segcli.runs.image_counts import ImageCounts
from segcli.runs.stored_passport import UNHASHED
from segcli.runs.stored_run import LAST_IMAGES

CLASSES = ("background", "circle", "square")
CONFIG: dict[str, Any] = {
    "defaults": "none",
    "seed_everything": 0,
    "trainer": {"max_epochs": 4, "precision": "32-true", "logger": True},
    "model": {
        "backbone": {"class_path": "segcli.backbones.timm_backbone.TimmBackbone", "init_args": {"name": "resnet18"}},
        "decoder": {"class_path": "segcli.decoders.fpn.FPN", "init_args": {"dropout": 0.2}},
        "loss": {"class_path": "segcli.losses.cross_entropy_loss.CrossEntropyLoss", "init_args": {}},
        "optimizer": {"class_path": "segcli.optim.adamw.AdamW", "init_args": {"lr": 0.001}},
    },
    "data": {"class_path": "segcli.datamodules.shapes_data_module.ShapesDataModule", "init_args": {"batch_size": 8}},
    "checkpoint": {"monitor": "val/mIoU", "mode": "max"},
    "run": {"root": "runs", "name": "shapes"},
}
DECODERS = {"FPN": "segcli.decoders.fpn.FPN", "UNet": "segcli.decoders.unet.UNet"}


def write_run(
    path: Path,
    seed: int = 0,
    decoder: str = "FPN",
    quality: float = 0.8,
    curve: tuple[float, ...] = (0.5, 0.8, 0.95, 1.0),
    images: int = 12,
    images_per_s: float = 100.0,
    content: str = "c0ffee",
    counts: NDArray[np.int64] | None = None,
    status: str = "finished",
    config: dict[str, Any] | None = None,
    classes: Sequence[str] = CLASSES,
    ids: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    pattern: str = "{image}",
    last: NDArray[np.int64] | None = None,
    train_groups: int = 0,
) -> Path:
    """Write one run folder.

    Args:
        path: The folder, such as ``runs/shapes/1``.
        seed: Of the run; also draws the pixels.
        decoder: Of the model.
        quality: Share of pixels that are right in the best epoch, 0 to 1.
        curve: val/mIoU after each epoch, relative to the best.
        images: Number of validation images.
        images_per_s: As the passport records them.
        content: Content hash of the validation images.
        counts: ``(N, K, K)`` confusion matrices of these images; None draws them.
        status: Of the passport.
        classes: Names of the classes.
        config: Sections to be merged over :data:`CONFIG`, one level deep.
        ids: Names of the images.
        groups: Of the images; None for each by itself, empty for a run that knows none, as of 0.4.0.
        pattern: Of the groups.
        last: Counts at the last validation, where that is not the best.
        train_groups: How many of the groups are in train too.
    """
    path.mkdir(parents=True)
    resolved = copy.deepcopy(CONFIG)
    resolved["seed_everything"] = seed
    resolved["model"]["decoder"] = {"class_path": DECODERS[decoder], "init_args": {}}
    for section, values in (config or {}).items():
        resolved[section] = {**resolved[section], **values} if isinstance(values, dict) else values
    (path / "config.yaml").write_text(yaml.safe_dump(resolved, sort_keys=False))
    names = [f"{n:03d}.png" for n in range(images)] if ids is None else list(ids)
    of_images = names if groups is None else list(groups)
    best = max(range(len(curve)), key=curve.__getitem__) + 1
    drawn = _draw(seed, images, quality) if counts is None else counts
    found = ImageCounts.of(names, drawn, best, of_images, pattern if of_images else "")
    found.write(path / "val_images.npz")
    if last is not None:
        ImageCounts.of(names, last, len(curve), of_images, pattern).write(path / LAST_IMAGES)
    scores = _scores(found, classes)
    (path / "val_scores.json").write_text(json.dumps({"stage": "val", "epoch": best, **scores}))
    _write_tables(path, curve, scores["mIoU"], images_per_s)
    fingerprint = {"count": images, "ids": "1d5", "content": content}
    passport = {
        "schema": UNHASHED,
        "status": status,
        "command": ["segcli", "fit", "-c", "shapes.yaml"],
        "files": ["shapes.yaml"],
        "config_hash": config_hash(resolved),
        "experiment_hash": experiment_hash(resolved),
        "segcli": "0.4.0",
        "seed": resolved["seed_everything"],
        "started": "2026-01-01T00:00:00+00:00",
        "ended": "2026-01-01T00:10:00+00:00",
        "data": {
            "classes": list(classes),
            "splits": {"train": fingerprint, "val": fingerprint},
            "group": {"pattern": pattern, "splits": {"val": {"also_in_train": train_groups}}},
        },
        "metrics": {"task": "multiclass", "IoU": "right / (truth + predicted - right)"},
        "cost": {
            "parameters": 5_200_000,
            "flops_per_image": 1.5e9,
            "images_per_s": images_per_s,
            "peak_memory_bytes": 2**30,
            "device": "cpu",
        },
    }
    (path / "passport.json").write_text(json.dumps(passport, indent=2))
    return path


def write_worst(path: Path, names: tuple[str, ...] = ("003.png", "007.png"), side: int = 48) -> None:
    """Add the pictures of a run's worst images: ``worst/worst.json`` and a PNG of each."""
    (path / "worst").mkdir()
    entries = []
    counts = ImageCounts.read(path / "val_images.npz")
    scores = dict(zip(counts.ids, set_score(table(counts.terms()), "mIoU"), strict=True))
    for rank, name in enumerate(names, start=1):
        file = f"{rank:02d}.png"
        Image.new("RGB", (3 * side, side), (40 * rank, 90, 160)).save(path / "worst" / file)
        entries.append({"id": name, "mIoU": _rounded(scores[name]), "picture": file})
    (path / "worst" / "worst.json").write_text(json.dumps({"epoch": counts.epoch, "images": entries}))


def write_test(
    path: Path, number: int = 1, score: float = 0.6, counts: ImageCounts | None = None, **entries: object
) -> Path:
    """Add the folder of a test to a run.

    Args:
        path: Folder of the run.
        number: Of the test.
        score: IoU of every class.
        counts: Of the images; None makes some of that score.
        entries: Of the passport.
    """
    classes = json.loads((path / "passport.json").read_text())["data"]["classes"]
    folder = path / "test" / str(number)
    folder.mkdir(parents=True)
    found = counts_of(score, len(classes)) if counts is None else counts
    found.write(folder / "test_images.npz")
    record = {"stage": "test", "epoch": None, **_scores(found, classes)}
    (folder / "test_scores.json").write_text(json.dumps(record))
    shutil.copy(path / "config.yaml", folder / "config.yaml")
    data = {"classes": classes, "splits": {"test": {"count": len(found.ids), "ids": "1d5", "content": "7e57"}}}
    (folder / "passport.json").write_text(json.dumps({"data": data, **entries}))
    return folder


def counts_of(score: float, classes: int, images: int = 4, epoch: int = 0) -> ImageCounts:
    """Return counts in which every class has one IoU: what is missed of it is taken for the next."""
    right = round(1_000_000 * score)
    matrix = np.eye(classes, dtype=np.int64) * 2 * right
    matrix += np.roll(np.eye(classes, dtype=np.int64), 1, axis=1) * (1_000_000 - right)
    return ImageCounts.of([f"{n:03d}.png" for n in range(images)], np.stack([matrix] * images), epoch)


def _draw(seed: int, images: int, quality: float) -> NDArray[np.int64]:
    rng = np.random.default_rng((seed, int(quality * 1e6)))
    number = len(CLASSES)
    truth = np.random.default_rng(0).integers(50, 400, (images, number))  # one data set, whatever the run
    share = np.clip(rng.normal(quality, 0.05, (images, number)), 0, 1)
    matrices = np.zeros((images, number, number), np.int64)
    for k in range(number):
        right = (truth[:, k] * share[:, k]).astype(np.int64)
        matrices[:, k, k] = right
        matrices[:, k, (k + 1) % number] = truth[:, k] - right
    return matrices


def replace_counts(path: Path, counts: ImageCounts, classes: Sequence[str] | None = None) -> None:
    """Give a run other counts, of other classes if these are named, and the scores and curve that follow from them."""
    passport = json.loads((path / "passport.json").read_text())
    before = json.loads((path / "val_scores.json").read_text())
    names = passport["data"]["classes"] if classes is None else list(classes)
    passport["data"]["classes"] = names
    passport["data"]["splits"]["val"]["count"] = max(len(counts.ids), passport["data"]["splits"]["val"]["count"])
    (path / "passport.json").write_text(json.dumps(passport))
    scores = _scores(counts, names)
    counts.write(path / "val_images.npz")
    (path / "val_scores.json").write_text(json.dumps({"stage": "val", "epoch": counts.epoch, **scores}))
    rows = list(csv.DictReader((path / "metrics.csv").read_text().splitlines()))
    for row in rows:
        row["val/mIoU"] = float(row["val/mIoU"]) / before["mIoU"] * scores["mIoU"]
    text = "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)])
    (path / "metrics.csv").write_text(text + "\n")


def _scores(found: ImageCounts, classes: Sequence[str]) -> dict[str, Any]:
    sums = table(found.terms()).sum(axis=0)
    kinds = {kind: class_scores(sums, kind) for kind in ("IoU", "Dice")}
    pixels = found.terms().truth.sum(axis=0)
    by_class = {
        name: {**{kind: _rounded(values[k]) for kind, values in kinds.items()}, "pixels": int(pixels[k])}
        for k, name in enumerate(classes)
    }
    means = {name: _rounded(set_score(sums, name)) for name in ("mIoU", "mDice", "pixel_accuracy")}
    groups = group_scores(found)
    return {**means, **({"groups": groups} if groups else {}), "classes": by_class}


def _rounded(value: np.ndarray) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _write_tables(path: Path, curve: tuple[float, ...], best: float, images_per_s: float) -> None:
    steps = [10 * (n + 1) for n in range(len(curve))]
    rows = [
        f"{n},{step - 1},{best * part},{1 - part / 2}" for n, (step, part) in enumerate(zip(steps, curve, strict=True))
    ]
    (path / "metrics.csv").write_text("\n".join(["epoch,step,val/mIoU,val/loss", *rows]) + "\n")
    times = [
        f"{n + 1},{step},{step * 8 / images_per_s},{step * 10 / images_per_s},{images_per_s}"
        for n, step in enumerate(steps)
    ]
    (path / "timing.csv").write_text("\n".join(["epoch,step,train_s,elapsed_s,images_per_s", *times]) + "\n")
