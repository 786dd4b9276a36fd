import pytest

from segcli.cli.component_help import component_help
from segcli.cli.main import main
from segcli.config.errors import ConfigError
from segcli.registry import names


def test_the_docstring_is_the_manual() -> None:
    text = component_help("--model.decoder.help", "FPN")
    assert text.startswith("segcli.decoders.fpn.FPN\n")
    assert "--model.decoder.dropout float  (default: 0.2)\n        Share of output channels zeroed" in text
    assert "features" not in [line.split()[0].rpartition(".")[2] for line in text.splitlines() if "--" in line]


def test_sections_have_a_manual_too() -> None:
    assert "--trainer.max_epochs Optional[int]  (default: null)" in component_help("--trainer.help")
    assert "--run.root str  (default: runs)" in component_help("--run.help")


def test_without_a_name_the_choices_are_listed() -> None:
    assert ", ".join(sorted(names("decoders"))) in " ".join(component_help("--model.decoder.help").split())


@pytest.mark.parametrize(
    ("flag", "name", "message"),
    [
        ("--model.decoder.help", "FPM", "unknown name 'FPM'"),
        ("--trainer.max_epochs.help", None, "no component stands here"),
    ],
)
def test_wrong_names_are_explained(flag: str, name: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        component_help(flag, name)


def test_it_is_reached_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--data.help", "FolderDataModule"]) == 0
    assert "--data.mask_values dict[int | str, str] | None" in capsys.readouterr().out
