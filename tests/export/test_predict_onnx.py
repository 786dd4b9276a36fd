import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.export.export_checkpoint import Exported
from segcli.export.model_card import SCRIPT
from segcli.segmenter import Segmenter

_ONLY = "import sys; sys.modules.update(dict.fromkeys(('torch', 'segcli', 'cv2', 'onnx'))); sys.argv = sys.argv[1:]; "
_RUN = "import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"


@pytest.mark.parametrize("name", ["a b.png", "turned.jpg", "pixels.npy"])
def test_labels_are_those_of_predict_without_torch(
    exported: Exported, segmenter: Segmenter, tmp_path: Path, name: str
) -> None:
    for file in (exported.path, exported.path.with_name(SCRIPT)):
        shutil.copy(file, tmp_path)
    pixels, image = np.random.default_rng(0).integers(0, 256, (50, 70, 3)).astype(np.uint8), tmp_path / name
    if name.endswith(".npy"):
        np.save(image, pixels)
    else:
        exif = Image.Exif()
        exif[0x0112] = 6 if name.startswith("turned") else 1
        Image.fromarray(pixels).save(image, exif=exif)
    words = [sys.executable, "-c", _ONLY + _RUN, str(tmp_path / SCRIPT), str(image)]
    subprocess.run(words, check=True, capture_output=True, cwd="/")
    labels = Image.open(tmp_path / f"{name}.labels.png")
    expected = segmenter.predict(pixels if name.endswith(".npy") else image)
    np.testing.assert_array_equal(np.array(labels), expected)
    colours = [int(exported.description.colours[1][i : i + 2], 16) for i in (1, 3, 5)]
    assert labels.getpalette()[3:6] == colours
