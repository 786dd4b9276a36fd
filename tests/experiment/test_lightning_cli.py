import copy
import os
from argparse import ArgumentError
from pathlib import Path

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint, TQDMProgressBar
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.loggers import TensorBoardLogger

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.resolve import resolve
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.quiet import quiet
from segcli.runs.identity import config_hash
from segcli.runs.metrics_file import MetricsFile
from segcli.runs.run_folder import RunFolder


def _cli(file: Path, *overrides: str) -> SegmentationCLI:
    quiet()
    return SegmentationCLI(compose([file], overrides).expanded())


def test_everything_writes_into_the_run_folder(tiny: Path) -> None:
    cli = _cli(tiny)
    cli.build(RunFolder(tiny.parent / "here"), [])
    assert cli.trainer.default_root_dir == str(tiny.parent / "here")
    checkpoint = cli.trainer.checkpoint_callback
    assert isinstance(checkpoint, ModelCheckpoint)
    assert checkpoint.dirpath == str(tiny.parent / "here" / "checkpoints")
    board, table = cli.trainer.loggers
    assert isinstance(board, TensorBoardLogger)
    assert isinstance(table, MetricsFile)
    assert [Path(board.log_dir), table.path.parent] == [tiny.parent / "here"] * 2


def test_one_parser_serves_every_experiment_and_keeps_none(tiny: Path) -> None:
    first = _cli(tiny, "--trainer.max_epochs", "7", "--model.decoder.init_args.pyramid_channels", "8")
    other = _cli(tiny)
    assert other.parser is first.parser
    assert (first.config.trainer.max_epochs, other.config.trainer.max_epochs) == (7, 2)
    assert first.config.model.decoder.init_args.pyramid_channels == 8
    assert other.config.model.decoder.init_args.pyramid_channels == 32
    assert SegmentationCLI().config.as_dict() == {"seed_everything": False}


def test_classes_come_from_the_data(tiny: Path) -> None:
    cli = _cli(tiny)
    cli.build(RunFolder(tiny.parent), [])
    assert cli.model.classes == cli.datamodule.classes == ("background", "circle", "square", "triangle")


def test_a_callbacks_list_keeps_the_checkpoints(tiny: Path) -> None:
    cli = _cli(tiny, "--trainer.callbacks", "[ModelSummary]")
    cli.build(RunFolder(tiny.parent), [])
    assert cli.trainer.checkpoint_callback is not None


def test_a_single_callback_is_a_list_of_one(tiny: Path) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.callbacks.class_path", "EMA", "--trainer.fast_dev_run=1"]) == 0
    cli = _cli(tiny, "--trainer.callbacks", "TQDMProgressBar")
    cli.build(RunFolder(tiny.parent), [])
    assert type(cli.trainer.progress_bar_callback) is TQDMProgressBar


def test_the_checkpoint_of_the_section_is_the_first(tiny: Path) -> None:
    cli = _cli(tiny, "--trainer.callbacks", "[{class_path: ModelCheckpoint, monitor: train/loss}]")
    cli.build(RunFolder(tiny.parent), [])
    found = [callback for callback in cli.trainer.checkpoint_callbacks if isinstance(callback, ModelCheckpoint)]
    assert [callback.monitor for callback in found] == ["val/mIoU", "train/loss"]


def test_a_class_switch_keeps_nothing_of_the_old_class(tiny: Path) -> None:
    cli = _cli(tiny, "--model.optimizer.weight_decay", "0.05", "--model.optimizer", "torch.optim.SGD")
    arguments = cli.resolved()["model"]["optimizer"]["init_args"]
    assert arguments["weight_decay"] == 0


def test_abbreviations_are_refused_by_the_parser_too(tiny: Path) -> None:
    with pytest.raises(ArgumentError, match="max_epoch"):
        SegmentationCLI(compose([tiny], ["--trainer.max_epoch", "3"], checked=False).expanded())


def test_what_is_resolved_parses_to_itself(tiny: Path) -> None:
    resolved = _cli(tiny).resolved()
    assert SegmentationCLI(resolved).resolved() == resolved
    assert resolved["data"]["init_args"]["train_transforms"][0]["class_path"] == "albumentations.HorizontalFlip"


def test_a_time_limit_stays_a_mapping(tiny: Path) -> None:
    experiment = compose([tiny], ["--trainer.max_time", "{hours: 1}"])
    resolved = SegmentationCLI(experiment.expanded()).resolved()
    assert resolved["trainer"]["max_time"] == {"hours": 1}
    assert config_hash(resolved) == config_hash(resolve(experiment).plain())


def test_the_names_of_lightning_that_are_overridden_exist() -> None:
    for name in ("add_arguments_to_parser", "parse_arguments", "instantiate_classes", "instantiate_trainer"):
        assert callable(getattr(LightningCLI, name))


def test_one_parser_does_for_many_trees(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PL_GLOBAL_SEED", "7")
    quiet()
    cli, tree = SegmentationCLI(), compose([tiny]).expanded()
    before = copy.deepcopy(tree)
    first = cli.parse(compose([tiny], ["--model.decoder", "UNet", "--trainer.max_epochs", "9"]).expanded())
    second = cli.parse(tree)
    assert (first.trainer.max_epochs, second.trainer.max_epochs) == (9, 2)
    assert cli.parser.dump(second) == cli.parser.dump(_cli(tiny).parse(tree))
    assert tree == before


def test_a_parser_alone_seeds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PL_GLOBAL_SEED", "7")
    quiet()
    before = torch.get_rng_state()
    SegmentationCLI()
    assert os.environ["PL_GLOBAL_SEED"] == "7"
    assert torch.equal(before, torch.get_rng_state())


def test_a_schedule_that_follows_an_unknown_metric_is_refused(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", "tiny.yaml", "--model.schedule", "{class_path: Plateau, monitor: val/mIou}"]) == 2
    assert "model.schedule.monitor: got 'val/mIou'" in capsys.readouterr().err
