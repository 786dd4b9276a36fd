import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from segcli.cli.main import main
from tests.survey.data import mask, pairs

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve images with masks of 0 and 255, in the working directory."""
    pairs(tmp_path / "cells", "image/{name}.png", "label/{name}.png", [f"z{chr(97 + i)}" for i in range(12)])
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cells"


def test_what_is_written_is_right_and_trains(cells: Path, capsys: Capture) -> None:
    assert main(["new", "cells"]) == 0
    out = capsys.readouterr().out
    assert "cells: 12 images, 32x24 px; train 10, val 2" in out
    assert "fit -c cells.yaml" in out
    assert yaml.safe_load(Path("cells.yaml").read_text())["data"]["root"] == "cells"
    assert main(["check", "cells.yaml", "--strict"]) == 0, capsys.readouterr().out
    small = ["--model.backbone.name=test_resnet.r160_in1k", "--model.backbone.pretrained=false"]
    short = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=2", "--model.schedule.warmup_steps=0"]
    assert main(["fit", "-c", "cells.yaml", *small, *short]) == 0, capsys.readouterr()
    assert "foreground" in capsys.readouterr().out


@pytest.mark.parametrize("channels", [1, 4])
def test_images_of_other_channels_are_right_too(
    channels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    from tests.survey.data import picture

    monkeypatch.chdir(tmp_path)
    for name in "abcdef":
        picture(tmp_path / f"x/im/{name}.tif", channels)
        mask(tmp_path / f"x/gt/{name}.png")
    assert main(["new", "x", "--format", "json"]) == 0
    found = {each["key"]: each["value"] for each in json.loads(capsys.readouterr().out)["settings"]}
    assert found["data.image_mode"] == {1: "L", 4: "RGBA"}[channels]
    assert main(["check", "x.yaml", "--build"]) == 0, capsys.readouterr().out


def test_nothing_is_overwritten_unless_it_is_asked_for(cells: Path, capsys: Capture) -> None:
    Path("cells.yaml").write_text("mine")
    assert main(["new", "cells"]) == 2
    assert "cells.yaml exists; name another file with --output, or replace it with --force" in capsys.readouterr().err
    assert Path("cells.yaml").read_text() == "mine"
    assert main(["new", "cells", "--output", "sub/other.yaml"]) == 0
    assert Path("sub/other.yaml").is_file()
    assert main(["new", "cells", "--force"]) == 0
    assert Path("cells.yaml").read_text() == Path("sub/other.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "error: nowhere is missing"),
        (["cells/image/za.png"], "is no folder; name the one that it lies in"),
        (["cells", "--output", "x.txt"], "expected a name that ends in .yaml"),
        (["cells", "--output", "folder.yaml"], "which is a folder; name a file in it"),
        (["cells", "--ask"], "--ask needs a terminal"),
        ([], "FOLDER"),
    ],
)
def test_mistakes_are_told(cells: Path, words: list[str], message: str, capsys: Capture) -> None:
    Path("folder.yaml").mkdir()
    assert main(["new", *words]) == 2
    assert message in capsys.readouterr().err
    assert not Path("cells.yaml").exists()


def test_a_folder_that_may_not_be_written_to_is_a_mistake(
    cells: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "x")

    monkeypatch.setattr("segcli.cli.files.write_text", refuse)
    assert main(["new", "cells"]) == 2
    assert "cannot write cells.yaml: Permission denied" in capsys.readouterr().err


def test_a_folder_without_masks_is_one_and_writes_nothing(cells: Path, capsys: Capture) -> None:
    assert main(["new", "cells/image"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "holds 12 .png, and nothing that can be trained on" in captured.err
    assert not list(Path().glob("*.yaml"))


def test_a_folder_elsewhere_and_the_working_directory_have_names(
    cells: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(cells)
    assert main(["new", "."]) == 0
    assert yaml.safe_load(Path("cells.yaml").read_text())["data"]["root"] == "."
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert main(["new", str(cells)]) == 0
    assert yaml.safe_load(Path("cells.yaml").read_text())["data"]["root"] == str(cells)


def test_guesses_are_asked_for_at_a_terminal(cells: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    typed: Iterator[str] = iter(["membrane", "cell"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: next(typed))
    assert main(["new", "cells", "--ask"]) == 0
    assert yaml.safe_load(Path("cells.yaml").read_text())["data"]["mask_values"] == {0: "membrane", 255: "cell"}
    assert "guess" not in Path("cells.yaml").read_text()
    assert "what are they called?" in capsys.readouterr().err


def test_an_input_that_ends_writes_nothing(cells: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def end() -> str:
        raise EOFError

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", end)
    assert main(["new", "cells", "--ask"]) == 2
    assert "the input ended" in capsys.readouterr().err
    assert not Path("cells.yaml").exists()


def test_thousands_of_files_take_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """One picture and one mask under many names; 20,000 files in 100 folders took 15 s of CPU, 6 of them imports."""
    monkeypatch.chdir(tmp_path)
    pairs(tmp_path / "many", "images/{name}.png", "labels/{name}.png", ["first"])
    for number in range(2000):
        for folder in ("images", "labels"):
            (tmp_path / "many" / folder / f"{number:05d}.png").hardlink_to(tmp_path / "many" / folder / "first.png")
    assert main(["new", "many"]) == 0
    assert "in 200 of 2001 masks" in capsys.readouterr().out
