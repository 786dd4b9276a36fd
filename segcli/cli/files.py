"""Files that the command line names: experiments to read, and what verbs write."""

from pathlib import Path

from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.runs.run_folder import write_text


def experiment_file(word: str) -> Path:
    """Return the file that a word of the command line names: itself, or the config of a run folder.

    Raises:
        ConfigError: If there is no such file; the message suggests one.
    """
    path = Path(word)
    if (path / "config.yaml").is_file():
        return path / "config.yaml"
    if path.is_file():
        return path
    if path.is_dir():
        raise ConfigError([Problem(f"{word} is a folder without a config.yaml; name a file, or the folder of a run")])
    near = [str(other) for other in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    raise ConfigError([Problem(f"no file {word}{did_you_mean(word, near)}")])


def save(path: Path, text: str) -> None:
    """Write a file whole or not at all, through a symbolic link to where it leads.

    Raises:
        ConfigError: If it cannot be written.
    """
    try:
        write_text(path.resolve(), text)
    except OSError as error:
        raise ConfigError([Problem(f"cannot write {path}: {error.strerror}")]) from None
