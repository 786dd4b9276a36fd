from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.callbacks.pictures import Pictures
from segcli.cli.main import main


def test_a_row_per_image_of_image_truth_and_prediction(trained: Path) -> None:
    with Image.open(trained / "predictions" / "epoch_002.png") as picture:
        width, height = picture.size
        assert width >= 3 * 32
        assert height >= 2 * 32
        assert np.asarray(picture).std() > 0


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--pictures.count=0"], []),
        (["--pictures.every_n_epochs=2", "--trainer.max_epochs=3"], ["epoch_002.png", "epoch_003.png"]),
    ],
)
def test_count_and_frequency_are_the_users_choice(tiny: Path, words: list[str], names: list[str]) -> None:
    assert main(["fit", "-c", str(tiny), *words]) == 0
    assert sorted(path.name for path in Path("runs/tiny/1").glob("predictions/*.png")) == names


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="expected at least 0, 1 and 0"):
        Pictures(worst=-1)
    with pytest.raises(ValueError, match="expected at least 0, 1 and 0"):
        Pictures(count=-1)
    with pytest.raises(ValueError, match="expected at least 0, 1 and 0"):
        Pictures(every_n_epochs=0)


def test_classes_that_overlap_are_drawn(tiny: Path) -> None:
    words = ["--data.multilabel=true", "--model.task=multilabel", "--trainer.max_epochs=1"]
    assert main(["fit", "-c", str(tiny), *words]) == 0
    with Image.open("runs/tiny/1/predictions/epoch_001.png") as picture:
        assert picture.size[0] >= 3 * 32
