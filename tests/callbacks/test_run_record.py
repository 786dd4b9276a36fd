from pathlib import Path

import torch
import yaml

from segcli.inference.checkpoint import CHECKPOINT_KEY


def test_a_checkpoint_holds_the_resolved_experiment_and_loads_without_running_code(trained: Path) -> None:
    content = torch.load(trained / "checkpoints" / "best.ckpt", weights_only=True)
    assert content[CHECKPOINT_KEY]["classes"] == ["background", "circle", "square", "triangle"]
    assert content[CHECKPOINT_KEY]["config"] == yaml.safe_load((trained / "config.yaml").read_text())
    assert "hyper_parameters" not in content
