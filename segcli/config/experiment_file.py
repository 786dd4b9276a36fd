"""The file of an experiment that a word of the command line names."""

from pathlib import Path

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.extends import PRESET, preset_file
from segcli.config.library import installed


def experiment_file(word: str) -> Path:
    """Return the file that a word of the command line names: itself, the config of a run folder, or a preset.

    Args:
        word: Path of an experiment or a run, or a name such as ``segcli:quickstart``.

    Raises:
        ConfigError: If there is no such file; the message suggests one.
    """
    if word.startswith(PRESET):
        return preset_file(word, installed())
    path = Path(word)
    if (path / "config.yaml").is_file():
        return path / "config.yaml"
    if path.is_file():
        return path
    if path.is_dir():
        raise ConfigError([Problem(f"{word} is a folder without a config.yaml; name a file, or the folder of a run")])
    near = [str(other) for other in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    whole = f"{path}.yaml"
    hint = f" (did you mean {whole!r}?)" if whole in near else did_you_mean(word, near)
    raise ConfigError([Problem(f"no file {word}{hint}")])
