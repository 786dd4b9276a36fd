from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn

from segcli.backbones import timm_backbone
from segcli.backbones.gradient_checkpointing import StatisticsOnce, check_saves, kept_bytes, switch_on
from segcli.backbones.timm_backbone import TimmBackbone

FAMILIES = ["test_resnet", "test_efficientnet", "test_convnext", "test_vit", "test_mambaout", "test_byobnet"]


def backbone(name: str, on: bool, **others: Any) -> TimmBackbone:  # noqa: ANN401  (its arguments)
    torch.manual_seed(0)
    return TimmBackbone(name, pretrained=False, gradient_checkpointing=on, **others)


def trained(body: TimmBackbone, steps: int = 2) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the loss of the last step, and its gradients."""
    torch.manual_seed(1)
    image = torch.randn(2, 3, 64, 64)
    for _ in range(steps):
        body.zero_grad()
        loss = torch.stack([level.square().mean() for level in body(image)]).sum()
        loss.backward()
    return loss.detach(), {name: p.grad for name, p in body.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", FAMILIES)
def test_less_is_kept_and_gradients_and_statistics_are_the_same(name: str) -> None:
    plain, saving = (backbone(name, on, drop_path_rate=0.3 if name != "test_byobnet" else 0.0) for on in (False, True))
    image = torch.randn(2, 3, 64, 64)

    assert kept_bytes(lambda: saving.eval()(image)) < 0.75 * kept_bytes(lambda: plain.eval()(image))
    torch.testing.assert_close(trained(saving.train()), trained(plain.train()), rtol=0, atol=0)
    torch.testing.assert_close(saving.state_dict(), plain.state_dict(), rtol=0, atol=0)


def test_each_batch_counts_once_and_momenta_are_restored() -> None:
    body = backbone("test_resnet", on=True)

    trained(body, steps=3)

    norms = [module for module in body.modules() if isinstance(module, nn.BatchNorm2d)]
    assert {int(norm.num_batches_tracked) for norm in norms if norm.num_batches_tracked is not None} == {3}
    assert {norm.momentum for norm in norms} == {0.1}


@pytest.mark.parametrize("on", [False, True])
def test_a_second_run_of_a_norm_counts_unless_it_is_a_repetition(on: bool) -> None:
    norm = nn.BatchNorm2d(2)
    once = StatisticsOnce(norm)
    with once.first_run():
        norm(torch.randn(4, 2, 3, 3))
    before = norm.running_mean.clone()  # type: ignore[union-attr]

    if on:
        with once.first_run():
            norm(torch.randn(4, 2, 3, 3))
    else:
        norm(torch.randn(4, 2, 3, 3))

    assert bool((norm.running_mean == before).all()) is not on  # type: ignore[union-attr]
    assert int(norm.num_batches_tracked) == 1 + on  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["hrnet_w18_small", "vgg11"])
def test_a_model_without_it_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=rf"gradient_checkpointing true for {name}, expected .* timm has none.*false"):
        TimmBackbone(name, pretrained=False, gradient_checkpointing=True)


def test_a_model_that_ignores_it_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm.models.resnet.ResNet, "set_grad_checkpointing", lambda self, enable=True: None)

    with pytest.raises(ValueError, match=r"true for test_resnet, .* keeps as much with it as without"):
        TimmBackbone("test_resnet", pretrained=False, gradient_checkpointing=True)


def test_parameters_are_not_counted() -> None:
    layer = nn.Linear(4, 4)
    x = torch.zeros(2, 4, requires_grad=False)

    assert kept_bytes(lambda: layer(x).square()) == x.nbytes + 2 * 4 * 4


def test_a_frozen_backbone_may_have_it() -> None:
    assert not any(
        level.requires_grad for level in backbone("test_resnet", on=True, frozen=True)(torch.zeros(1, 3, 64, 64))
    )


def test_other_models_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(timm_backbone, "check_saves", lambda *args, **others: tried.append(args))

    backbone("test_resnet", on=False)

    assert not tried


@pytest.mark.parametrize("check", [switch_on, lambda model, name: check_saves(model, name, run=lambda: None)])
def test_what_is_no_model_of_timm_has_none(check: Callable[[nn.Module, str], None]) -> None:
    with pytest.raises(ValueError, match="true for plain"):
        check(nn.Linear(1, 1), "plain")
