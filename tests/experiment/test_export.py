import shutil
from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.experiment.arguments import RunArguments
from segcli.experiment.export import export
from segcli.export.formats import open_exported

WANTED = {"format": "torch", "size": (32, 32), "images": 2}


def _export(checkpoint: Path, output: Path | None = None, *overrides: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return export(RunArguments("export", [], list(overrides), checkpoint), WANTED, output)


def test_goes_into_the_next_folder_of_the_run(in_trained: Path) -> None:
    found = _export(in_trained)
    assert found.path == Path("runs/tiny/1/export/1/model.pt2")
    told = open_exported(found.path).description
    assert told.origin["experiment"] == "tiny/1"
    assert len(told.origin["checkpoint_sha256"]) == 16
    output = Path("there/new").resolve()
    shutil.copy(in_trained, "moved.ckpt")
    assert _export(Path("moved.ckpt"), output).path == output / "model.pt2"
    assert sorted(path.name for path in output.iterdir()) == ["README.md", "export.json", "model.pt2"]
    assert [path.name for path in output.parent.iterdir()] == ["new"]
    with pytest.raises(ConfigError, match="/there/new is there already"):
        _export(in_trained, output)
    assert sorted(path.name for path in output.iterdir()) == ["README.md", "export.json", "model.pt2"]


@pytest.mark.parametrize("output", [".", "link", "deep/er", "there/"])
def test_any_new_or_empty_folder_will_do(in_trained: Path, tmp_path: Path, output: str) -> None:
    checkpoint, folder = in_trained.resolve(), tmp_path / "here"
    (folder / "real").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "real" if output == "." else folder)
        Path("link").symlink_to(folder / "real") if output == "link" else None
        found = _export(checkpoint, Path(output)).path
        assert found.is_file()
        assert sorted(path.name for path in Path(output).iterdir()) == ["README.md", "export.json", "model.pt2"]


def test_places_that_cannot_be_written_to_name_a_remedy_that_works(in_trained: Path) -> None:
    Path("runs/tiny/1/export").touch()
    with pytest.raises(ConfigError, match=r"cannot make .*; choose another place with --output FOLDER"):
        _export(in_trained)
    with pytest.raises(ConfigError, match=r"cannot write to .*export/x: "):
        _export(in_trained, Path("runs/tiny/1/export/x"))
    assert _export(in_trained, Path("elsewhere")).path.is_file()


def test_what_fails_leaves_nothing(in_trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(in_trained, "moved.ckpt")
    with pytest.raises(ConfigError, match="lies in no folder of a run; give --output FOLDER"):
        _export(Path("moved.ckpt"))
    monkeypatch.setattr("segcli.export.export_checkpoint.write_text", _fail)
    for output in (None, Path("out")):
        with pytest.raises((ConfigError, OSError), match="no room"):
            _export(in_trained, output)
    assert not Path("out").exists()
    assert not Path("runs/tiny/1/export").exists()
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


def _fail(*_: object) -> None:
    raise OSError(28, "no room")
