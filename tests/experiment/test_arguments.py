from pathlib import Path

from segcli.cli.command_line import read
from segcli.cli.verbs import declared
from segcli.experiment.arguments import RunArguments


def test_files_overrides_and_checkpoint_are_told_apart() -> None:
    words = ["-c", "a.yaml", "--x.y", "-3", "--config=b.yaml", "--z.a=1", "--ckpt_path", "m.ckpt"]
    typed = read(declared("fit"), words).arguments
    assert typed.files == [Path("a.yaml"), Path("b.yaml")]
    assert typed.overrides == ["--x.y", "-3", "--z.a=1"]
    assert typed.checkpoint == Path("m.ckpt")


def test_a_verb_without_checkpoints_has_none() -> None:
    words = ["lr", "-c", "a.yaml"]
    assert read(declared("tune"), words).arguments == RunArguments("tune", [Path("a.yaml")], line=words)
