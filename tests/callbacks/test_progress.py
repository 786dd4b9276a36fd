import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from segcli.callbacks.progress import duration
from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]


def _lines(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


def test_in_a_log_each_epoch_is_a_line_and_none_moves(tiny: Path, capsys: Capture) -> None:
    assert main(["fit", "-c", str(tiny)]) == 0
    out, err = capsys.readouterr()
    lines = _lines(out, "epoch")
    assert [line.split()[1] for line in lines] == ["1/2", "2/2"]
    assert all("train/loss" in line and "val/mIoU" in line and line.endswith(" s") for line in lines)
    assert "\r" not in out + err


@pytest.mark.parametrize("columns", [40, 120])
def test_with_a_terminal_there_is_a_bar_which_has_room_for_the_score(
    columns: int, tiny: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("tqdm.std._screen_shape_wrapper", lambda: lambda file: (columns, 24))
    assert main(["fit", "-c", str(tiny)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("folder      runs/tiny/1\nmodel ")  # the same facts as in a log
    drawn = [part.strip() for line in out.split("\n") for part in line.split("\r") if part.strip().startswith("Epoch")]
    assert "Epoch 1:" in drawn[0]
    assert re.match(r"Epoch 2  val/mIoU 0\.\d{3}:", drawn[-1])
    assert max(map(len, drawn)) <= columns
    assert ("val/loss=" in drawn[-1] and "train/loss=" in drawn[-1]) == (columns == 120)


def test_a_bar_is_never_drawn_into_a_file_because_errors_go_to_a_terminal(
    in_trained: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["validate", "--ckpt_path", str(in_trained)]) == 0
    assert "\r" not in capsys.readouterr().out


def test_long_epochs_say_how_far_they_are(tiny: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcli.callbacks.progress.INTERVAL_S", 0.0)
    assert main(["fit", "-c", str(tiny), "--trainer.max_epochs=1", "--data.val_batch_size=2"]) == 0
    starts = [line.partition(",")[0] for line in _lines(capsys.readouterr().out, "epoch")]
    assert starts[:4] == [
        *("epoch 1/1  train  batch 1 of 3", "epoch 1/1  train  batch 2 of 3"),
        *("epoch 1/1  validation  batch 1 of 3", "epoch 1/1  validation  batch 2 of 3"),
    ]


@pytest.mark.parametrize(("verb", "name"), [("validate", "validation"), ("test", "test"), ("predict", "predict")])
def test_so_do_long_passes_of_other_verbs(
    in_trained: Path, verb: str, name: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segcli.callbacks.progress.INTERVAL_S", 0.0)
    assert main([verb, "--ckpt_path", str(in_trained), "--data.val_batch_size=2", "--data.val_size=4"]) == 0
    lines = _lines(capsys.readouterr().out, f"{name}  batch")
    assert [line.partition(",")[0] for line in lines] == [f"{name}  batch 1 of 2"]
    assert lines[0].endswith(" left")


def test_lines_are_half_a_minute_and_a_hundredth_of_the_pass_apart(
    in_trained: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(0, 10**6, 16))  # a batch takes 16 s
    monkeypatch.setattr("segcli.callbacks.progress.time", SimpleNamespace(monotonic=lambda: float(next(times))))
    words = ["--data.val_size=250", "--data.val_batch_size=1"]
    assert main(["validate", "--ckpt_path", str(in_trained), *words]) == 0
    batches = [int(line.split()[2]) for line in _lines(capsys.readouterr().out, "validation  batch")]
    assert batches == [2, *range(5, 250, 3)]


def test_no_bar_and_no_lines_where_none_are_wanted(in_trained: Path, capsys: Capture) -> None:
    assert main(["validate", "--ckpt_path", str(in_trained), "--trainer.enable_progress_bar=false"]) == 0
    assert "batch" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (119, "119 s"), (121, "2 min"), (7000, "117 min"), (9000, "2 h"), (9e4, "25 h")],
)
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize("name", ["RichProgressBar", "TQDMProgressBar"])
def test_lightning_s_bars_count_epochs_from_1(tiny: Path, capsys: Capture, name: str) -> None:
    words = ["--trainer.callbacks", f"[{{class_path: {name}, refresh_rate: 1}}]", "--trainer.max_epochs", "1"]
    assert main(["fit", "-c", "tiny.yaml", *words]) == 0
    told = "".join(capsys.readouterr())
    assert re.search(r"Epoch 1(/1)?\b", told)
    assert "Epoch 0" not in told
