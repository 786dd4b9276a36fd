from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.follow import CHANNELS
from segcli.datasets import image_file

DATA = "data: {class_path: FolderDataModule, root: d, classes: [a, b], image_mode: %s}\n"


@pytest.mark.parametrize("mode", CHANNELS)
def test_channels_of_the_backbone_follow_from_the_images(tmp_path: Path, mode: str) -> None:
    file = tmp_path / "e.yaml"
    file.write_text(DATA % mode + "model: {backbone: {name: resnet10t}}\n")
    experiment = compose([file])
    assert (experiment.get("model.backbone.init_args.in_channels") or 3) == CHANNELS[mode]
    if mode != "RGB":
        assert "data.image_mode" in str(experiment.source("model.backbone.init_args.in_channels"))
    file.write_text(DATA % mode + "model: {backbone: {name: resnet10t, in_channels: 7}}\n")
    assert compose([file]).get("model.backbone.init_args.in_channels") == 7


def test_both_tables_of_channels_agree() -> None:
    assert CHANNELS == image_file.CHANNELS
