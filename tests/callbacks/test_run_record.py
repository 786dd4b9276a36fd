from pathlib import Path
from typing import Any

import torch
import yaml
from pytorch_lightning.callbacks import ModelCheckpoint

from segcli.callbacks.run_record import later
from segcli.inference.checkpoint import CHECKPOINT_KEY


def test_a_checkpoint_holds_the_resolved_experiment_and_loads_without_running_code(trained: Path) -> None:
    content = torch.load(trained / "checkpoints" / "best.ckpt", weights_only=True)
    assert content[CHECKPOINT_KEY]["classes"] == ["background", "circle", "square", "triangle"]
    assert content[CHECKPOINT_KEY]["config"] == yaml.safe_load((trained / "config.yaml").read_text())
    assert "hyper_parameters" not in content


def test_best_checkpoints_from_after_the_last_one_are_dropped_and_no_others(tmp_path: Path) -> None:
    for name, step in {"best": 9, "best-v1": 6, "best_of_mine": 9, "last": 9, "3-0.5": 9}.items():
        torch.save({"global_step": step}, tmp_path / f"{name}.ckpt")
    (tmp_path / "best-v2.ckpt").write_bytes(b"damaged")

    def names(step: int, **arguments: Any) -> set[str]:  # noqa: ANN401
        callback = ModelCheckpoint(dirpath=tmp_path, **arguments)
        return {path.stem for path in later(callback, step)}

    assert names(6, filename="best") == {"best"}
    assert names(3, filename="best") == {"best", "best-v1"}
    assert names(9, filename="best") == set()
    assert names(6, filename="{epoch}-{val/mIoU:.1f}", auto_insert_metric_name=False) == {"3-0.5"}
    (tmp_path / "2-val").mkdir()
    torch.save({"global_step": 9}, tmp_path / "2-val" / "mIoU=0.4.ckpt")
    assert names(6, filename="{epoch}-val/mIoU={val/mIoU:.1f}", auto_insert_metric_name=False) == {"mIoU=0.4"}
    known = ModelCheckpoint(dirpath=tmp_path, filename="best")
    known.best_k_models = {str(tmp_path / "best.ckpt"): torch.tensor(1.0)}
    assert later(known, 6) == []
