from pathlib import Path

import pytest

from segcli.cli.arguments import parse
from segcli.config.errors import ConfigError


def test_files_overrides_and_checkpoint_are_told_apart() -> None:
    words = ["-c", "a.yaml", "--x.y", "-3", "--config=b.yaml", "--z=1", "--ckpt_path", "m.ckpt"]
    typed = parse(words)
    assert typed.files == [Path("a.yaml"), Path("b.yaml")]
    assert typed.overrides == ["--x.y", "-3", "--z=1"]
    assert typed.checkpoint == Path("m.ckpt")


def test_help_of_a_component_takes_its_name_with_it() -> None:
    assert parse(["--model.decoder.help", "FPN"]).help_for == ["--model.decoder.help", "FPN"]
    assert parse(["--model.decoder.help=FPN"]).help_for == ["--model.decoder.help", "FPN"]
    assert parse(["--model.decoder.help"]).help_for == ["--model.decoder.help"]
    assert parse(["-h"]).wants_help


@pytest.mark.parametrize("words", [["-c"], ["-c", "--x"], ["--ckpt_path"]])
def test_a_flag_without_its_file_is_an_error(words: list[str]) -> None:
    with pytest.raises(ConfigError, match="needs a file"):
        parse(words)
