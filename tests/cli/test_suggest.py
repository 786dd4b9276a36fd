import json
from pathlib import Path

import pytest
from PIL import Image

from segcli.cli.command_line import read
from segcli.cli.main import main
from segcli.cli.suggest import SKIPPED, VERB, run
from segcli.config.errors import ConfigError
from segcli.datasets.shapes_dataset import ShapesDataset
from segcli.suggest.uncertainty import MEASURES


def _pool(number: int = 4) -> None:
    Path("pool").mkdir()
    dataset = ShapesDataset("pool", number, 32, 3)
    for at in range(number):
        Image.fromarray(dataset.load(at)[0]).save(f"pool/{at}.png")


def test_every_measure_may_be_chosen() -> None:
    option = VERB.option("--by")
    assert option is not None
    assert option.choices == MEASURES


def test_skipped_images_have_an_exit_code(in_trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _pool()
    words = ["suggest", "--ckpt_path", str(in_trained), "pool", "--n", "2"]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "2 images of 4 in pool, by entropy, unlike each other and 24 labelled images" in told
    assert "on these images alone, of which a fifth validate" in told
    Path("pool/bad.png").touch()
    assert main([*words, "--by", "margin", "--format", "json"]) == SKIPPED
    record = json.loads(capsys.readouterr().out)
    assert (record["by"], record["output"]) == ("margin", "runs/tiny/1/suggestions/2")
    assert [each["image"] for each in record["skipped"]] == ["pool/bad.png"]
    assert Path("runs/tiny/1/suggestions/2/skipped.csv").is_file()


def test_several_labels_per_pixel_have_no_table(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _pool()
    several = ["--data.multilabel=true", "--model.task=multilabel", "--model.loss=DiceLoss"]
    assert main(["fit", "-c", "tiny.yaml", "--trainer.max_epochs=1", *several]) == 0
    assert main(["suggest", "--ckpt_path", "runs/tiny/1/checkpoints/best.ckpt", "pool", "--n", "2"]) == 0
    assert "masks of several labels per pixel are files for each class" in capsys.readouterr().out
    folder = Path("runs/tiny/1/suggestions/1")
    names = {path.name for path in folder.iterdir()}
    assert names == {"suggestions.csv", "suggestions.txt", "suggestions.png"}
    assert ",,train,1," in (folder / "suggestions.csv").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pool"], "suggest needs a checkpoint: --ckpt_path runs"),
        (["--ckpt_path", "a.ckpt"], "suggest needs FOLDER, of images"),
        (["--ckpt_path", "a.ckpt", "pool"], r"no checkpoint a\.ckpt"),
        (["--ckpt_path", "a.ckpt", "pool", "--n", "0"], "--n.*expected a number from 1 up"),
        (["--ckpt_path", "a.ckpt", "pool", "--by", "entrop"], r"--by got 'entrop' \(did you mean 'entropy'\?\)"),
        (["--ckpt_path", "a.ckpt", "pool", "other"], "other"),
        (["--ckpt_path", "model.onnx", "pool"], r"model\.onnx"),
    ],
)
def test_wrong_input_is_told_and_makes_nothing(tiny: Path, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(read(VERB, words))
    assert [path.name for path in Path().iterdir()] == ["tiny.yaml"]
