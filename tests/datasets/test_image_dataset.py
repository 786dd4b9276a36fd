from pathlib import Path

import numpy as np
from PIL import Image

from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.record import unlabelled


def test_samples_have_no_mask(tmp_path: Path) -> None:
    paths = []
    for number, size in enumerate([(4, 6), (5, 3)]):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(np.full((*size, 3), number, np.uint8)).save(paths[-1])
    dataset = ImageDataset(unlabelled(paths), image_mode="RGBA")
    assert len(dataset) == 2
    assert dataset.sizes() == [(4, 6), (5, 3)]
    assert dataset.paths() == [str(path) for path in paths]
    sample = dataset[1]
    assert sorted(sample) == ["image", "path", "size"]
    assert sample["image"].shape == (4, 5, 3)
    assert sample["image"][:, 0, 0].tolist() == [1, 1, 1, 255]
