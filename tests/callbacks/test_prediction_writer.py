import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.cli.main import main
from segcli.datamodules.multilabel_folder_data_module import MultilabelFolderDataModule
from segcli.datasets.image_file import read_image
from segcli.segmenter import Segmenter
from tests.datamodules.data import write_pairs


def test_files_hold_what_the_segmenter_predicts(in_trained: Path) -> None:
    assert main(["predict", "--ckpt_path", str(in_trained)]) == 0
    folder = Path("runs/tiny/1/predictions/1")
    files = sorted(folder.glob("*.png"))
    assert len(files) == 4
    assert len(list((folder / "overlays").glob("*.png"))) == 4
    segmenter = Segmenter.from_checkpoint(in_trained)
    found = set()
    for file in files:
        with Image.open(file) as labels:
            found |= set(np.unique(np.asarray(labels)).tolist())
    assert found <= set(range(len(segmenter.classes)))


MULTILABEL = """
extends: segcli:own_folder_multilabel
data: {root: scans, classes: [lung, tube], missing_masks: empty, train_transforms: [], batch_size: 2}
model:
  backbone: {name: test_resnet.r160_in1k, pretrained: false}
  decoder: {pyramid_channels: 32}
  schedule: {warmup_steps: 1}
trainer: {max_epochs: 1}
"""


def test_masks_of_own_scans_are_read_back_as_they_were_predicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scans.yaml").write_text(MULTILABEL)
    for name in ("lung", "tube"):
        write_pairs(Path("scans/images"), Path("scans/labels", name), [f"s{number}" for number in range(6)])
    checkpoint = "runs/scans/1/checkpoints/best.ckpt"
    assert main(["fit", "-c", "scans.yaml"]) == 0
    assert main(["predict", "--ckpt_path", checkpoint]) == 0

    folder = Path("runs/scans/1/predictions/1")
    shutil.copytree("scans/images", folder / "images")
    again = MultilabelFolderDataModule(str(folder), ["lung", "tube"], mask_dir=".", ignore_values=[255])
    again.setup("fit")
    segmenter = Segmenter.from_checkpoint(checkpoint)
    for dataset in again.datasets.values():
        for index, path in enumerate(dataset.paths()):
            predicted = segmenter.predict(read_image(Path(path), "RGB"))
            assert predicted.shape == (2, 16, 20)
            np.testing.assert_array_equal(dataset[index]["mask"].numpy(), predicted)
    assert len(list(folder.glob("overlays/*.png"))) == 6
