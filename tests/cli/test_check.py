import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from segcli.cli.check import VERB
from segcli.cli.main import main

TWO_LEFT_TO_THE_PARSER = """
extends: tiny.yaml
trainer: {precision: bf17, profiler: {a: 1}}
"""


def _check(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["check", *words])
    return code, capsys.readouterr().out


def test_one_line_for_a_good_file(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = _check(capsys, tiny.name)
    assert code == 0
    assert out == "ok  tiny.yaml  FPN on test_resnet.r160_in1k\n1 file, 0 errors, 0 warnings. Nothing was run.\n"
    assert [path.name for path in tiny.parent.iterdir()] == ["tiny.yaml"]


def test_a_bad_file_does_not_hide_a_good_one(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text("extends: tiny.yaml\nmodel: {decoder: {pyramid_chanels: 3}}\n")
    code, out = _check(capsys, "bad.yaml", "nowhere.yml", tiny.name)
    assert code == 2
    assert out.splitlines() == [
        "bad bad.yaml",
        "  error: model.decoder.pyramid_chanels: FPN has no option 'pyramid_chanels' "
        "(did you mean 'pyramid_channels'?)",
        "    --> bad.yaml:2",
        "    options: pyramid_channels, segmentation_channels, dropout",
        "bad nowhere.yml",
        "  error: no file nowhere.yml",
        "ok  tiny.yaml  FPN on test_resnet.r160_in1k",
        "3 files, 2 errors, 0 warnings. Nothing was run.",
    ]


def test_all_that_only_the_parser_sees_is_told(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text(TWO_LEFT_TO_THE_PARSER)
    code, out = _check(capsys, "bad.yaml")
    assert code == 2
    assert "error: trainer.precision: expected" in out
    assert "error: trainer.profiler: expected" in out
    assert out.count("--> bad.yaml:3") == 2
    assert "1 file, 2 errors" in out


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("data: {batch_size: -1}", "data", "expected batches of at least 1"),
        ("model: {loss: {class_weights: [1, 2]}}", "model.loss", "expected 4, one per class"),
        ("checkpoint: {monitor: val/mIuO}", "checkpoint.monitor", "did you mean 'val/mIoU'"),
        ("checkpoint: {monitor: val/IoU/circel}", "checkpoint.monitor", "did you mean 'val/IoU/circle'"),
    ],
)
def test_what_constructors_refuse_is_told_with_its_place(
    tiny: Path, capsys: pytest.CaptureFixture[str], text: str, key: str, message: str
) -> None:
    Path("bad.yaml").write_text(f"extends: tiny.yaml\n{text}\n")
    code, out = _check(capsys, "bad.yaml")
    assert code == 2
    assert f"  error: {key}: " in out
    assert message in out
    assert "    --> " in out


def test_an_impossible_model_is_found_only_by_building_it(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text("extends: tiny.yaml\nmodel: {backbone: {output_stride: 5}}\n")
    assert _check(capsys, "bad.yaml")[0] == 0
    code, out = _check(capsys, "--build", "bad.yaml", tiny.name)
    assert code == 2
    assert "error: model.backbone: TimmBackbone got" in out
    assert "--> bad.yaml:2" in out
    assert "ok  tiny.yaml  FPN on test_resnet.r160_in1k  0.6 M parameters, 0.1 GFLOPs at 8x3x32x32" in out


def test_mistakes_in_independent_parts_are_told_together(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decoder, loss = "decoder: {segmentation_channels: 33}", "loss: {class_weights: [1, 2]}"
    Path("bad.yaml").write_text(
        f"extends: tiny.yaml\nmodel:\n  {decoder}\n  {loss}\ncheckpoint: {{monitor: val/IoU/x}}\n"
    )
    out = _check(capsys, "--build", "bad.yaml")[1]
    assert "error: model.loss: CrossEntropyLoss got 2" in out
    assert "error: model.decoder: FPN got segmentation_channels 33" in out
    assert [f"--> bad.yaml:{line}" in out for line in (3, 4)] == [True] * 2


def test_a_transform_s_mistake_is_told_with_its_index(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crop = "{class_path: RandomScaledCrop, size: 16, scale: [2, 1]}"
    Path("bad.yaml").write_text(f"extends: tiny.yaml\ndata:\n  train_transforms: [HorizontalFlip, {crop}]\n")
    out = _check(capsys, "bad.yaml")[1]
    assert "error: data.train_transforms.1: RandomScaledCrop got scale (2.0, 1.0)" in out


def test_images_are_counted_for_the_warm_up_if_they_are_there(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "data: {class_path: FolderDataModule, root: d, classes: [a, b], batch_size: 2}\ntrainer: {max_epochs: 1}\n"
    Path("own.yaml").write_text(f"extends: tiny.yaml\n{text}model: {{schedule: {{warmup_steps: 4}}}}\n")
    assert "0 warnings" in _check(capsys, "own.yaml")[1]
    for number in range(10):
        for folder in ("images", "labels"):
            Path("d", folder).mkdir(parents=True, exist_ok=True)
            Image.new("L", (32, 32)).save(f"d/{folder}/{number}.png")
    assert "the warm-up takes 4 of the run's 4 steps" in _check(capsys, "own.yaml")[1]


def test_torch_is_not_imported_for_a_file_with_an_unknown_key(tiny: Path) -> None:
    Path("bad.yaml").write_text("extends: tiny.yaml\nmodle: {}\n")
    code = "import sys; from segcli.cli.main import main; print(main(['check', 'bad.yaml']), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "2 False"
    assert "did you mean 'model'?" in done.stdout


def test_fragments_may_leave_things_to_others(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("base").mkdir()
    Path("base/good.yaml").write_text("model: {schedule: {warmup_steps: 3}}\n")
    Path("base/bad.yaml").write_text("data: {class_path: CamVidDataModule, batch_sise: 3}\ntrainer: {max_epochs: x}\n")
    code, out = _check(capsys, "base/good.yaml", "base/bad.yaml")
    assert code == 2
    assert "ok  base/good.yaml  a fragment: " in out
    assert "error: data.batch_sise: CamVidDataModule has no option" in out
    assert "error: trainer.max_epochs: expected" in out
    assert "needs 'root'" not in out
    Path("good.yaml").write_text(Path("base/good.yaml").read_text())
    assert _check(capsys, "good.yaml")[0] == 2


def test_without_files_all_experiments_here_are_checked(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("experiments/base").mkdir(parents=True)
    Path("experiments/one.yaml").write_text("extends: ../tiny.yaml\n")
    Path("experiments/base/part.yaml").write_text("model: {decoder: UNet}\n")
    code, out = _check(capsys)
    assert code == 0
    assert "ok  experiments/one.yaml" in out
    assert "1 file, 0 errors" in out


def test_a_folder_without_experiments_is_an_error(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["check", "empty"]) == 2
    assert "no experiments in empty" in capsys.readouterr().err


def test_a_run_folder_is_checked_as_it_was_saved(in_trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = _check(capsys, "runs/tiny/1", "--strict")
    assert code == 0
    assert "ok  runs/tiny/1/config.yaml  FPN on" in out


def test_warnings_fail_only_where_that_is_asked(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.yaml").write_text("extends: tiny.yaml\nmodel: {schedule: {warmup_steps: 6}}\ntrainer: {max_epochs: 2}\n")
    code, out = _check(capsys, "x.yaml")
    assert code == 0
    assert out.splitlines()[1:] == [
        "  warning: trainer.max_epochs: is 2 already at tiny.yaml:14; `python -m segcli minimize x.yaml` drops it",
        "    --> x.yaml:3  (over tiny.yaml:14)",
        "  warning: model.schedule.warmup_steps: the warm-up takes 6 of the run's 6 steps, so the rate never gets to "
        "its decay; lower it or train for longer",
        "    --> x.yaml:2",
        "1 file, 0 errors, 2 warnings. Nothing was run.",
    ]
    assert _check(capsys, "x.yaml", "--strict")[0] == 1


def test_a_parent_s_warning_is_said_once(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("parent.yaml").write_text("extends: tiny.yaml\nrun: {root: /runs}\n")
    Path("child.yaml").write_text("extends: parent.yaml\n")
    Path("other.yaml").write_text("extends: parent.yaml\n")
    assert _check(capsys, "child.yaml", "other.yaml")[1].count("run.root: ") == 1


def test_json_and_markdown_say_the_same(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text("extends: tiny.yaml\ntrainer:\n  max_epoch: 3\n")
    code, out = _check(capsys, "--format", "json", "--build", "bad.yaml", tiny.name)
    bad, good = json.loads(out)
    assert code == 2
    assert [(error["key"], error["file"], error["line"]) for error in bad["errors"]] == [
        ("trainer.max_epoch", "bad.yaml", 3)
    ]
    assert (bad["ok"], good["ok"], good["cost"]["input_shape"]) == (False, True, [8, 3, 32, 32])
    out = _check(capsys, "--format", "markdown", "bad.yaml", tiny.name)[1]
    assert "| bad.yaml | 1 error |  |" in out
    assert "| tiny.yaml | ok | FPN on test_resnet.r160_in1k |" in out
    assert "error: trainer.max_epoch: " in out


def test_the_help_has_examples() -> None:
    assert VERB.help().count("python -m segcli check") >= 3


THEIRS = """
open("imported", "w").close()


class Mine:
    def __init__(self, cmd: str = "") -> None:
        open("ran", "w").close()

    def __call__(self, *args: object) -> None: ...
"""
LINES = [
    "trainer: {callbacks: [{class_path: LambdaCallback, on_fit_start: {class_path: theirs.Mine, cmd: x}}]}",
    "trainer: {callbacks: [{class_path: LambdaCallback, on_fit_start: theirs.Mine}]}",
    "trainer: {callbacks: [theirs.Mine]}",
    "model: {decoder: theirs.Mine}",
    "model: {loss: {class_path: WeightedSum, terms: [theirs.Mine]}}",
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("words", [[], ["--trusted-only"], ["--trusted-only", "--build"]])
def test_no_code_of_the_author_is_run_nor_imported(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, words: list[str]
) -> None:
    Path("theirs.py").write_text(THEIRS)
    Path("x.yaml").write_text(f"extends: tiny.yaml\n{line}\n")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    main(["check", "x.yaml", *words])
    out = capsys.readouterr().out
    assert not Path("imported").exists()
    assert not Path("ran").exists()
    assert out.splitlines()[-1].endswith(("Nothing was run.", "The models were built; nothing else was run."))
    assert "theirs.Mine is not run by this check" in out or "no module 'theirs'" in out
