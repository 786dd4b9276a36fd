"""What is typed wrong is answered with a command line that works."""

import json
import shlex
from pathlib import Path

import pytest

from segcli.cli.command_line import read
from segcli.cli.main import main
from segcli.cli.verbs import OTHER_NAMES, VERBS, declared
from segcli.config.errors import ConfigError

Capture = pytest.CaptureFixture[str]


def remedy(verb: str, *words: str) -> list[str]:
    """Return the command line that the error ends with, after the program."""
    with pytest.raises(ConfigError) as caught:
        read(declared(verb), words)
    return _tried(str(caught.value))


def _tried(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.startswith("  try: ")]
    assert len(lines) == 1, text
    return shlex.split(lines[0].removeprefix("  try: python -m segcli "))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fit tiny.yaml", "fit -c tiny.yaml"),
        ("fit tiny", "fit -c tiny.yaml"),
        ("fit -c tiny.yaml ++trainer.max_epochs=5", "fit -c tiny.yaml --trainer.max_epochs=5"),
        ("fit tiny.yaml other.yml", "fit -c tiny.yaml -c other.yml"),
        ("fit -c tiny.yaml --lr 0.1", "fit -c tiny.yaml --model.optimizer.lr 0.1"),
        ("fit -c tiny.yaml --lr=0.1", "fit -c tiny.yaml --model.optimizer.lr 0.1"),
        ("fit -c tiny.yaml --epochs 5 --batch_size 4", "fit -c tiny.yaml --trainer.max_epochs 5 --data.batch_size 4"),
        ("fit -c tiny.yaml -epochs 5", "fit -c tiny.yaml --trainer.max_epochs 5"),
        (
            "fit -c tiny.yaml trainer.max_epochs=3 lr=0.1",
            "fit -c tiny.yaml --trainer.max_epochs=3 --model.optimizer.lr=0.1",
        ),
        ("fit -c tiny.yaml --train_size 8", "fit -c tiny.yaml --data.train_size 8"),
        ("fit -config tiny.yaml", "fit -c tiny.yaml"),
        ("fit -ctiny.yaml", "fit -c tiny.yaml"),
        ("fit --cfg tiny.yaml", "fit -c tiny.yaml"),
        ("fit -c tiny.yaml --ckpt-path last", "fit -c tiny.yaml --ckpt_path last"),
        ("fit -c tiny.yaml --resume last", "fit -c tiny.yaml --ckpt_path last"),
        ("fit -c tiny.yaml --pretrained", "fit -c tiny.yaml --model.backbone.pretrained true"),
        ("fit -c tiny.yaml --no-pretrained", "fit -c tiny.yaml --model.backbone.pretrained false"),
        ("fit -c tiny.yaml --no-model.compile", "fit -c tiny.yaml --model.compile false"),
        ("fit -c tiny.yaml --model.compile", "fit -c tiny.yaml --model.compile true"),
        ("fit -c tiny.yaml --print_config", "show -c tiny.yaml --resolved"),
        ("fit -c tiny.yaml --print_config=skip_null", "show -c tiny.yaml --resolved"),
        ("fit --print_config tiny.yaml --epochs 5", "show --resolved -c tiny.yaml --trainer.max_epochs 5"),
        ("show tiny.yaml --print_config", "show tiny.yaml"),
        ("tune lr tiny.yaml", "tune lr -c tiny.yaml"),
        ("data check tiny.yaml --batch_size 4", "data check -c tiny.yaml --data.batch_size 4"),
        (
            "sweep tiny.yaml --vary data.batch_size=2,4 --dry_run",
            "sweep -c tiny.yaml --vary data.batch_size=2,4 --dry-run",
        ),
        ("check -c tiny.yaml", "check tiny.yaml"),
        ("minimize --config=tiny.yaml --exit_code", "minimize tiny.yaml --exit-code"),
        ("list --model.decoder.help FPN", "fit --model.decoder.help FPN"),
        ("show tiny.yaml --format json --format json", "show tiny.yaml --format json"),
        ("show tiny.yaml --sources=true", "show tiny.yaml --sources"),
    ],
)
def test_the_right_form_is_shown(tiny: Path, typed: str, meant: str) -> None:
    assert remedy(*shlex.split(typed)) == shlex.split(meant)


@pytest.mark.parametrize(
    "typed",
    [
        "show tiny.yaml --lr 0.1 --print_config",
        "fit -c tiny.yaml --print_config --batch_size 4",
        "train tiny.yaml --max_epochs 1 --no-pretrained",
        "list --model.decoder.help UNet",
        "check --config tiny.yaml",
        "sweep tiny.yaml --vary data.batch_size=2,4 --dry_run",
        "minimize tiny.yaml --exit_code=true",
    ],
)
def test_the_right_form_works(tiny: Path, typed: str, capsys: Capture) -> None:
    assert main(shlex.split(typed)) == 2
    assert main(_tried(capsys.readouterr().err)) in (0, 1)


def test_a_run_is_measured_by_the_checkpoint_in_it(copied: Path, capsys: Capture) -> None:
    best = f"{copied}/checkpoints/best.ckpt"
    for verb in ("validate", "test", "predict"):
        assert remedy(verb, str(copied)) == [verb, "--ckpt_path", best]
        assert remedy(verb, best) == [verb, "--ckpt_path", best]
    assert remedy("verify", "--ckpt_path", best) == ["verify", str(copied)]
    assert remedy("rerun", "--ckpt_path", best) == ["rerun", str(copied)]
    assert main(["test", str(copied), "--limit_test_batches", "1"]) == 2
    assert main(_tried(capsys.readouterr().err)) == 0


def test_fit_on_a_run_resumes_or_repeats_it(copied: Path) -> None:
    assert remedy("fit", str(copied)) == ["rerun", str(copied)]
    passport = copied / "passport.json"
    passport.write_text(json.dumps(json.loads(passport.read_text()) | {"status": "interrupted"}))
    assert remedy("fit", str(copied)) == ["fit", "--ckpt_path", f"{copied}/checkpoints/last.ckpt"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (
            "fit -c tiny.yaml --name x",
            "fit has no option --name; record has\n  options: --model.backbone.name, --run.name",
        ),
        ("fit -c tiny.yaml --lr", "fit has no option --lr, the key is --model.optimizer.lr"),
        ("check tiny.yaml --trainer.max_epochs 3", "check does not override experiments (--trainer.max_epochs); fit, "),
        ("diff a b --lr 3", "diff has no option --lr"),
        ("fit -c tiny.yaml word", "fit does not take 'word'; files follow -c"),
        (
            "fit -c tiny.yaml --format json",
            "fit has no option --format; new, evaluate, export, suggest, benchmark, compare, show, ",
        ),
        ("fit -c tiny.yaml --dry-run", "fit has no option --dry-run; sweep and rerun have"),
        ("schema x", "schema does not take 'x'"),
        ("validate last", "validate does not take 'last'; a checkpoint follows --ckpt_path"),
        ("fit -c tiny.yaml -e 5", "fit has no option -e; "),
    ],
)
def test_where_it_is_not_known_none_is_shown(tiny: Path, typed: str, message: str) -> None:
    verb, *words = shlex.split(typed)
    with pytest.raises(ConfigError) as caught:
        read(declared(verb), words)
    assert message in str(caught.value)
    assert "try:" not in str(caught.value)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_verbs_of_other_programs(name: str, capsys: Capture) -> None:
    assert main([name]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: no verb {name!r}; it is {OTHER_NAMES[name]}: {VERBS[OTHER_NAMES[name]]}\n")
    assert main(_tried(err)) == 0


@pytest.mark.parametrize("typed", ["version", "-V", "fit --version", "-c tiny.yaml show", "--format json list", "LIST"])
def test_what_stands_in_the_wrong_place(tiny: Path, typed: str, capsys: Capture) -> None:
    assert main(shlex.split(typed)) == 2
    assert main(_tried(capsys.readouterr().err)) == 0
