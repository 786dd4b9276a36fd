from pathlib import Path

import pytest

from segcli.cli.options import experiment_file, parse_options
from segcli.config.errors import ConfigError


def test_words_flags_values_and_overrides_are_told_apart() -> None:
    words = ["a.yaml", "--sources", "--format=json", "-c", "b.yaml", "--data.batch_size", "4", "--x=1"]
    parsed = parse_options(words, flags=("--sources",), takes_overrides=True)
    assert (parsed.words, parsed.files) == (["a.yaml"], ["b.yaml"])
    assert parsed.flags == {"--sources"}
    assert parsed.format == "json"
    assert parsed.overrides == ["--data.batch_size", "4", "--x=1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--formt", "json"], r"no option '--formt' \(did you mean '--format'\?\)"),
        (["--format", "jsn"], r"--format got 'jsn' \(did you mean 'json'\?\)"),
        (["--format"], "--format needs a value"),
        (["--data.batch_size", "3"], "no option '--data.batch_size'"),
    ],
)
def test_mistakes_are_explained(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_options(words)


def test_a_run_folder_stands_for_its_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run").mkdir()
    with pytest.raises(ConfigError, match=r"run is a folder without a config.yaml"):
        experiment_file("run")
    Path("run/config.yaml").write_text("")
    assert experiment_file("run") == Path("run/config.yaml")
    Path("good.yaml").write_text("")
    with pytest.raises(ConfigError, match=r"did you mean 'good\.yaml'"):
        experiment_file("god.yaml")
