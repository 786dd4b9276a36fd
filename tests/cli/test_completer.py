import os
from pathlib import Path

import pytest

from segcli.cli.completer import FILES, FOLDERS, Candidate, candidates
from segcli.cli.verbs import VERBS


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("extends: segcli:quickstart\nmodel: {decoder: UNet}\n")
    for number, at in (("1", 1), ("2", 2)):
        run = Path("runs/mine", number)
        (run / "checkpoints").mkdir(parents=True)
        for file in (run / "config.yaml", run / "checkpoints" / "best.ckpt"):
            file.touch()
            os.utime(file, (at, at))


def texts(line: str) -> list[str]:
    *words, start = line.split(" ")
    return [each.text for each in candidates(words, start)]


def test_verbs_come_first() -> None:
    assert texts("") == list(VERBS)
    assert candidates([], "va") == [Candidate("validate", VERBS["validate"])]
    assert texts("none ") == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fit -c mi", ["mine.yaml"]),
        ("fit -c segcli:qui", ["segcli:quickstart"]),
        ("fit -c mine.yaml --model.decod", ["--model.decoder", "--model.decoder.channels"]),
        ("fit -c mine.yaml --model.decoder FPN --model.decoder.p", ["--model.decoder.pyramid_channels"]),
        ("fit -c mine.yaml --model.decoder F", ["FPN"]),
        ("fit --model.decoder=U", ["--model.decoder=UNet"]),
        ("fit --model.backbone.name resnet10", ["resnet10t", "resnet101", "resnet101_clip", "resnet101_clip_gap"]),
        ("fit -c mine.yaml --trainer.deterministic t", ["true"]),
        ("fit -c mine.yaml --data.train_transforms HorizontalF", ["HorizontalFlip"]),
        ("validate --ckpt_path ", ["runs/mine/2/checkpoints/best.ckpt", "runs/mine/1/checkpoints/best.ckpt"]),
        ("compare ru", ["runs/mine/2", "runs/mine/1"]),
        ("verify ", ["runs/mine/2", "runs/mine/1"]),
        ("show m", ["mine.yaml"]),
        ("diff --format m", ["markdown"]),
        ("tune l", ["lr"]),
        ("tune lr --ste", ["--steps"]),
        ("data pre", ["preview"]),
        ("data stats --split v", ["val"]),
        ("list los", ["losses"]),
        ("list losses Dic", ["DiceLoss"]),
        ("why mine.yaml model.loss", ["model.loss"]),
        ("completion z", ["zsh"]),
        ("guide res", ["resuming"]),
    ],
)
def test_what_may_stand_next(line: str, expected: list[str]) -> None:
    assert set(texts(line)) >= set(expected)
    assert all(text.startswith(line.rpartition(" ")[2]) for text in texts(line))


def test_other_files_are_left_to_the_shell() -> None:
    assert candidates(["show"], "../x") == [Candidate("", kind=FILES)]
    assert candidates(["fit", "-c"], "sub/") == [Candidate("", kind=FILES)]
    assert candidates(["evaluate"], "nnunet/") == candidates(["new"], "") == [Candidate("", kind=FOLDERS)]
    assert Candidate("masks") in candidates(["evaluate", "nnunet", "--values"], "m")


def test_a_broken_experiment_hinders_nothing() -> None:
    Path("broken.yaml").write_text("model: [")
    assert "--data.batch_size" in texts("fit -c broken.yaml --data.ba")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_completes(verb: str) -> None:
    assert "--help" in texts(f"{verb} -")
    texts(f"{verb} ")
