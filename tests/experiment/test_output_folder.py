from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.experiment.output_folder import appearing
from segcli.runs.run_folder import RunFolder


def test_numbers_go_up_in_the_folder_of_a_run(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for number in ("1", "2"):
        with appearing(None, run, "things") as place:
            (place.path / "x").touch()
            assert place.path.name.startswith(".")
        assert place.path == tmp_path / "things" / number
        assert [path.name for path in place.path.iterdir()] == ["x"]


def test_a_named_folder_is_new_or_empty_and_holds_all_or_nothing(tmp_path: Path) -> None:
    output = tmp_path / "a" / "b"
    with pytest.raises(ValueError, match="broken"):
        _fail_in(output)
    assert not output.exists()
    with appearing(output, RunFolder(tmp_path), "things") as place:
        (place.path / "x").touch()
        assert not (output / "x").exists()
    assert place.path == output
    assert [path.name for path in output.iterdir()] == ["x"]
    with pytest.raises(ConfigError, match="b is there already"), appearing(output, None, "things"):
        pass


def test_no_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="give --output FOLDER"), appearing(None, None, "things"):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot write to"), appearing(tmp_path / "file" / "x", None, "things"):
        pass


def _fail_in(output: Path) -> None:
    with appearing(output, None, "things") as place:
        (place.path / "x").touch()
        raise ValueError("broken")
