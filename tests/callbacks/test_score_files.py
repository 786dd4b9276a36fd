import json
import math
from pathlib import Path

import torch

from segcli.callbacks.score_files import score_record, write_scores
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.metrics.boundary_iou import BoundaryIoU
from segcli.metrics.chosen_metrics import ChosenMetrics
from segcli.metrics.from_labels import no_probabilities
from segcli.metrics.label_evaluation import LabelEvaluation
from segcli.metrics.scores import Scores
from segcli.metrics.segmentation_metric import SegmentationMetric
from segcli.runs.image_counts import ImageCounts

MATRIX = torch.tensor([[8, 2, 0], [0, 10, 0], [0, 0, 0]])


def test_the_record_is_json_with_null_for_absent() -> None:
    record = json.loads(json.dumps(score_record(("a", "b", "c"), Scores.of(MATRIX))))
    assert record["classes"]["c"] == {"IoU": None, "Dice": None, "pixels": 0}
    assert math.isclose(record["mIoU"], (0.8 + 10 / 12) / 2, abs_tol=1e-6)
    assert math.isclose(record["pixel_accuracy"], 0.9, abs_tol=1e-6)


def test_scores_counts_and_what_images_add_are_written(tmp_path: Path) -> None:
    data = ShapesDataModule(train_size=1, val_size=2, image_size=32, group="{split}_*")
    data.prepare("val")
    evaluation = LabelEvaluation(SegmentationMetric(4), ChosenMetrics([BoundaryIoU(group=True)], "multiclass", 4))
    for index, path in enumerate(data.datasets["val"].paths()):
        mask = torch.tensor(data.datasets["val"].load_mask(index))[None]
        evaluation.count(mask, mask, [path], no_probabilities)
    groups = write_scores(tmp_path, "val", evaluation, evaluation.scores(), data, {"epoch": 3, "step": 5})
    assert groups == {"val": {"images": 2, "mIoU": 1.0, "boundary_iou": 1.0}}
    record = json.loads((tmp_path / "val_scores.json").read_text())
    assert list(record)[:4] == ["stage", "epoch", "step", "groups"]
    assert (record["step"], record["mIoU"], record["boundary_iou"]) == (5, 1.0, 1.0)
    counts = ImageCounts.read(tmp_path / "val_images.npz")
    assert (counts.ids, counts.epoch, counts.groups) == (("val_00000", "val_00001"), 3, ("val", "val"))
    assert (tmp_path / "val_metrics.npz").is_file()
