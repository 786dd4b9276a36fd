from pathlib import Path

from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto.event_pb2 import SessionLog

from segcli.runs.loggers import default_loggers
from segcli.runs.metrics_file import MetricsFile


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
