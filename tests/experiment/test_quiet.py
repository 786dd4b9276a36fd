import logging
import os
import warnings
from pathlib import Path

import pytest
from lightning_fabric.plugins.environments import SLURMEnvironment

from segcli.cli.main import main
from segcli.experiment.quiet import OF_THE_MACHINE, quiet


def test_chatter_is_left_out_and_other_warnings_are_not() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet()
        warnings.warn("The 'val_dataloader' does not have many workers which may be a bottleneck.", stacklevel=1)
        with pytest.raises(UserWarning, match="something else"):
            warnings.warn("something else", stacklevel=1)
    assert logging.getLogger("pytorch_lightning").level == logging.WARNING


@pytest.fixture
def srun_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has SLURM's command, which does not work."""
    stub = tmp_path / "bin" / "srun"
    stub.parent.mkdir()
    stub.write_text("#!/bin/sh\nexit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("srun_on_the_path")
@pytest.mark.filterwarnings("error")  # also what the tests leave out
def test_nobody_hears_of_slurm_s_command_where_it_is_not_used(in_trained: Path) -> None:
    assert main(["validate", "--ckpt_path", str(in_trained)]) == 0
    assert main(["check", str(in_trained.parent.parent)]) == 0


@pytest.mark.usefixtures("srun_on_the_path")
def test_lightning_still_warns_of_it() -> None:
    with pytest.warns(UserWarning, match=OF_THE_MACHINE[0]):
        SLURMEnvironment.detect()


@pytest.mark.parametrize("name", ["bash", "interactive"])
@pytest.mark.usefixtures("srun_on_the_path")
@pytest.mark.filterwarnings("error")
def test_an_interactive_shell_of_slurm_is_like_any_other(
    name: str, in_trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = dict.fromkeys(("SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID"), "0")
    sizes = {"SLURM_NTASKS": "1", "SLURM_NNODES": "1", "SLURM_JOB_ID": "7", "SLURM_JOB_NAME": name}
    for key, value in {**ids, **sizes}.items():
        monkeypatch.setenv(key, value)
    assert main(["validate", "--ckpt_path", str(in_trained)]) == 0
