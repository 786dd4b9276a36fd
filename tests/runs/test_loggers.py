from pathlib import Path

import pytest
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto.event_pb2 import SessionLog

from segcli.cli.main import main
from segcli.runs.loggers import default_loggers, with_metrics_file
from segcli.runs.metrics_file import MetricsFile
from segcli.runs.stored_run import StoredRun


def test_both_write_to_the_run_folder_itself(tmp_path: Path) -> None:
    board, table = default_loggers(tmp_path)
    assert isinstance(board, TensorBoardLogger)
    assert isinstance(table, MetricsFile)
    assert Path(board.log_dir).resolve() == tmp_path.resolve()
    assert table.path == tmp_path / "metrics.csv"


def test_a_run_that_goes_on_hides_what_was_logged_after_its_checkpoint(tmp_path: Path) -> None:
    board, _ = default_loggers(tmp_path, continued_at=7)
    assert isinstance(board, TensorBoardLogger)
    board.log_metrics({"lr": 1.0}, step=8)
    board.finalize("success")
    events = EventFileLoader(str(next(tmp_path.glob("events.out.*")))).Load()
    assert [event.step for event in events if event.session_log.status == SessionLog.START] == [8]


MLFLOW = """
extends: tiny.yaml
trainer:
  max_epochs: 1
  logger: {class_path: MLFlowLogger, experiment_name: cells, tracking_uri: "%s"}
model: {loss: {class_path: WeightedSum, terms: [CrossEntropyLoss, DiceLoss], weights: [1.0, 0.5]}}
"""


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)  # of MLflow
@pytest.mark.parametrize("store", ["file:store", "sqlite:///store.db"])
def test_mlflow_gets_metrics_and_flat_settings(tiny: Path, monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # in maintenance since MLflow 3
    Path("mlflow.yaml").write_text(MLFLOW % store)
    assert main(["fit", "-c", "mlflow.yaml"]) == 0
    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("cells")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["model.optimizer.lr"] == "0.001"
    assert run.data.params["model.decoder.class_path"] == "segcli.decoders.fpn.FPN"
    stored = StoredRun.load(Path("runs/mlflow/1"))
    for name in ("val/mIoU", "val/loss_DiceLoss"):
        assert run.data.metrics[name] == pytest.approx(stored.curve(name)[-1].value)
    assert run.data.metrics["train/loss_DiceLoss"] < run.data.metrics["train/loss"]
    whole, pixels, dice = (run.data.metrics[f"val/loss{part}"] for part in ("", "_CrossEntropyLoss", "_DiceLoss"))
    assert whole == pytest.approx(pixels + 0.5 * dice)
    assert "trainer.logger" not in run.data.params


def test_tensorboard_shows_the_settings(in_trained: Path) -> None:
    assert "model.optimizer.lr: 0.001" in Path("runs/tiny/1/hparams.yaml").read_text()


def test_an_experiments_own_loggers_have_metrics_csv_beside(tmp_path: Path) -> None:
    own = CSVLogger(tmp_path)
    assert [type(each) for each in with_metrics_file(own, tmp_path)] == [CSVLogger, MetricsFile]
    given = [own, MetricsFile(tmp_path)]
    assert with_metrics_file(given, tmp_path) == given


def test_a_run_without_loggers_has_none(tiny: Path) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.logger", "false", "--trainer.max_epochs", "1"]) == 0
    assert not Path("runs/tiny/1/metrics.csv").exists()
