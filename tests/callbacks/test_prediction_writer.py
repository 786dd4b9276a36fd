from pathlib import Path

import numpy as np
from PIL import Image

from segcli.cli.main import main
from segcli.segmenter import Segmenter


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
