import pytest
import torch.distributed as dist

from segcli.processes import device_index, is_first_process, num_devices, process_group


def test_the_rank_is_read_from_the_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("RANK", "SLURM_PROCID", "LOCAL_RANK"):
        monkeypatch.delenv(variable, raising=False)
    assert is_first_process()
    monkeypatch.setenv("SLURM_PROCID", "3")
    assert not is_first_process()


@pytest.mark.parametrize(
    ("ranks", "first"),
    [
        ({"RANK": "0", "SLURM_PROCID": "1"}, True),  # torchrun has the last word in a SLURM job
        ({"RANK": "1", "LOCAL_RANK": "0"}, False),  # torchrun on a second host
        ({"SLURM_PROCID": "0", "LOCAL_RANK": "1"}, False),  # started by Lightning in an interactive SLURM job
        ({"NODE_RANK": "1"}, False),  # started by hand on a second host
        ({"NODE_RANK": "0", "LOCAL_RANK": "0"}, True),
    ],
)
def test_every_launcher_has_one_first_process(
    monkeypatch: pytest.MonkeyPatch, ranks: dict[str, str], first: bool
) -> None:
    for variable in ("RANK", "SLURM_PROCID", "LOCAL_RANK", "NODE_RANK"):
        monkeypatch.delenv(variable, raising=False)
    for variable, rank in ranks.items():
        monkeypatch.setenv(variable, rank)
    assert is_first_process() == first


def test_a_process_alone_is_the_only_device(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (process_group(), num_devices(), device_index()) == (None, 1, 0)
    for name, value in (("is_initialized", True), ("get_world_size", 4), ("get_rank", 3)):
        monkeypatch.setattr(dist, name, lambda value=value: value)
    assert (process_group(), num_devices(), device_index()) == (dist, 4, 3)
