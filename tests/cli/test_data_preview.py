import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_a_picture_is_written_and_its_place_is_told(tiny: Path, capsys: Capture) -> None:
    assert main(["data", "preview", "-c", "tiny.yaml", "--n", "4", "--split", "val", "--output", "new/v.png"]) == 0
    assert capsys.readouterr().out == "4 of 6 images of val\nwritten     new/v.png\n"
    with Image.open("new/v.png") as image:
        assert image.width >= 4 * 64


def test_json_names_the_images(tiny: Path, capsys: Capture) -> None:
    assert main(["data", "preview", "-c", "tiny.yaml", "--n=2", "--format=json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record == {
        "file": "tiny_train.png",
        "split": "train",
        "images": ["train_00000", "train_00012"],
        "of": 24,
    }


def test_it_is_that_of_the_seed(tiny: Path) -> None:
    pictures = []
    for seed in (1, 1, 2):
        assert main(["data", "preview", "-c", "tiny.yaml", "--output=a.png", f"--seed_everything={seed}"]) == 0
        pictures.append(np.asarray(Image.open("a.png")))
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--n", "0"], "--n: got '0', expected a number from 1 up"),
        (["--n", "many"], "--n: got 'many', expected a number from 1 up"),
        (["--output", "a.jpg"], "--output: got 'a.jpg', expected a name that ends in .png"),
        (["--output", "tiny.yaml/a.png"], "cannot write tiny.yaml/a.png"),
    ],
)
def test_wrong_input_is_told(tiny: Path, words: list[str], message: str, capsys: Capture) -> None:
    assert main(["data", "preview", "-c", "tiny.yaml", *words]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["tiny.yaml"]
