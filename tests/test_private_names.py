"""Private names of the installed dependencies are still there and mean what they did."""

import subprocess
import sys

import pytest
import torch
import torch.distributed as dist
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import RichProgressBar
from pytorch_lightning.demos.boring_classes import BoringModel
from pytorch_lightning.strategies import DDPStrategy
from timm import create_model
from torch import nn

from segcli import private_names as names


class Watched(BoringModel):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bool, bool, bool]] = []

    def on_train_batch_end(self, *_: object) -> None:
        trainer = self.trainer
        self.seen.append((names.accumulates(trainer), names.validates_now(trainer), names.may_stop_early(trainer)))


@pytest.mark.filterwarnings("ignore")
def test_what_the_trainer_is_about_to_do() -> None:
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    model = Watched()
    trainer = Trainer(
        **quiet,  # type: ignore[arg-type]
        accelerator="cpu",
        max_epochs=1,
        min_epochs=0,
        min_steps=2,
        limit_train_batches=4,
        limit_val_batches=1,
        val_check_interval=2,
        accumulate_grad_batches=2,
        num_sanity_val_steps=0,
    )
    trainer.fit(model)
    accumulates, validates, may_stop = zip(*model.seen, strict=True)
    assert accumulates == (True, False, True, False)
    assert validates == (False, True, False, True)
    assert may_stop[0] is False
    assert may_stop[-1] is True
    trainer.fit_loop._restarting = True
    names.forget_restart(trainer)
    assert not trainer.fit_loop.restarting


def test_a_bar_is_told_what_to_say_of_an_epoch() -> None:
    bar = RichProgressBar()
    names.describe_epochs(bar, lambda epoch: f"{epoch}!")
    assert bar._get_train_description(3) == "3!"


def test_options_of_ddp() -> None:
    assert names.ddp_options(DDPStrategy(find_unused_parameters=True))["find_unused_parameters"] is True


def test_connected_processes_share_a_store() -> None:
    store = dist.HashStore()
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        names.default_store(dist).set("key", "value")
        assert names.default_store(dist).get("key") == b"value"
    finally:
        dist.destroy_process_group()


def test_tensors_are_changed_in_place() -> None:
    average, current = [torch.zeros(2)], [torch.full((2,), 4.0)]
    names.lerp_all(average, current, 0.25)
    assert average[0].tolist() == [1.0, 1.0]
    names.copy_all(average, current)
    assert average[0].tolist() == [4.0, 4.0]


@pytest.mark.parametrize("norm", [nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm])
def test_batch_norms_are_known(norm: type[nn.Module]) -> None:
    assert names.is_batch_norm(norm(3))
    assert not names.is_batch_norm(nn.LayerNorm(3))


@pytest.mark.parametrize(("name", "rotates"), [("test_vit", False), ("vit_tiny_patch16_dinov3_qkvb", True)])
def test_tokens_of_a_plain_transformer_are_those_before_its_first_block(name: str, rotates: bool) -> None:
    model, seen = create_model(name, dynamic_img_size=True, depth=1).eval(), list[torch.Tensor]()
    model.blocks[0].register_forward_pre_hook(lambda block, inputs: seen.append(inputs[0]))
    image = torch.rand(1, 3, 32, 48)
    with torch.inference_mode():
        model.forward_intermediates(image)
        tokens, rope = names.embedded_tokens(model, image)
    torch.testing.assert_close(tokens, seen[0])
    assert (rope is not None) == rotates


def test_the_error_of_compiling_is_known_once_something_was_compiled() -> None:
    code = (
        "import sys, segcli.private_names as names; print(names.compile_error(), 'torch' in sys.modules);"
        "import torch._dynamo.exc as exc; print(issubclass(exc.Unsupported, names.compile_error()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False", "True"]


def test_what_is_promised_must_hold() -> None:
    names.promise(condition=True)
    with pytest.raises(RuntimeError):
        names.promise(condition=False)
