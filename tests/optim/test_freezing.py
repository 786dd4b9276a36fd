from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.optim.adamw import AdamW
from segcli.optim.backbone_layers import backbone_layers
from segcli.optim.freezing import Freezing
from segcli.optim.sgd import SGD

NEVER = 100
Keep = Literal["frozen", "all", "none"]
RESNET = "test_resnet.r160_in1k"


def _prepared(
    *thaw_epochs: int | None, name: str = RESNET, keep_norm_statistics: Keep = "frozen"
) -> tuple[Freezing, TimmBackbone]:
    backbone = TimmBackbone(name, pretrained=False).train()
    freezing = Freezing(list(thaw_epochs), keep_norm_statistics)
    freezing.prepare(backbone)
    return freezing, backbone


def _trained(backbone: nn.Module) -> list[bool]:
    stages = [{p.requires_grad for p in stage.values()} for stage in backbone_layers(backbone, coarse=True)]
    assert all(len(stage) == 1 for stage in stages)
    return [stage.pop() for stage in stages]


def _statistics(backbone: nn.Module) -> dict[str, Tensor]:
    return {name: buffer.clone() for name, buffer in backbone.named_buffers() if buffer.numel()}


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        (0, [False, False, False, True, True]),
        (1, [False, False, True, True, True]),
        (2, [False, True, True, True, True]),
        (NEVER, [False, True, True, True, True]),
    ],
)
def test_each_stage_thaws_at_its_epoch(epoch: int, expected: list[bool]) -> None:
    freezing, backbone = _prepared(None, 2, 1, 0)
    freezing.apply(backbone, epoch)
    assert _trained(backbone) == expected


def test_before_training_only_what_never_thaws_is_without_gradient() -> None:
    freezing, backbone = _prepared(None, 2, 1)
    assert _trained(backbone) == [False, True, True, True, True]
    assert freezing.thaws
    assert not _prepared(None, None)[0].thaws


def test_one_number_is_for_the_whole_of_any_backbone() -> None:
    backbone = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    freezing = Freezing(2)
    freezing.prepare(backbone)

    states = []
    for epoch in range(4):
        freezing.apply(backbone, epoch)
        states.append(({p.requires_grad for p in backbone.parameters()}, backbone[1].training))
    assert states == [({False}, False)] * 2 + [({True}, True)] * 2


@pytest.mark.parametrize("factory", [AdamW, SGD])
def test_frozen_weights_keep_every_bit_and_thawed_ones_change_from_their_epoch_on(factory: Any) -> None:  # noqa: ANN401
    freezing, backbone = _prepared(3, None, 1)
    options = {"momentum": 0.9} if factory is SGD else {}
    optimizer = factory(params=list(backbone.parameters()), lr=0.1, weight_decay=0.5, **options)
    stages = [list(stage.values()) for stage in backbone_layers(backbone, coarse=True)]

    for epoch in range(4):
        freezing.apply(backbone, epoch)
        before = [[parameter.detach().clone() for parameter in stage] for stage in stages]
        for _ in range(2):
            sum(level.square().mean() for level in backbone(torch.rand(2, 3, 32, 32))).backward()
            optimizer.step()
            optimizer.zero_grad()
        same = [all(map(torch.equal, old, new)) for old, new in zip(before, stages, strict=True)]
        assert same == [epoch < 3, True, epoch < 1, False, False]


@pytest.mark.parametrize(
    ("keep", "changed"),
    [
        ("frozen", [False, False, True, True, True]),
        ("all", [False] * 5),
        ("none", [True] * 5),
    ],
)
def test_running_statistics_stay_as_wanted(keep: Keep, changed: list[bool]) -> None:
    freezing, backbone = _prepared(5, 5, keep_norm_statistics=keep)
    freezing.apply(backbone, 0)
    before = _statistics(backbone)
    backbone(torch.rand(2, 3, 32, 32))

    after = _statistics(backbone)
    parts = [["conv1", "bn1"], ["layer1"], ["layer2"], ["layer3"], ["layer4"]]
    for names, expected in zip(parts, changed, strict=True):
        keys = [key for key in after if key.split(".")[1] in names]
        assert keys
        assert {not torch.equal(before[key], after[key]) for key in keys} == {expected}, names


def test_thawed_stages_count_statistics_again() -> None:
    freezing, backbone = _prepared(1, 1)
    for epoch, expected in ((0, 0), (1, 1)):
        freezing.apply(backbone, epoch)
        backbone(torch.rand(2, 3, 32, 32))
        assert backbone.get_buffer("model.bn1.num_batches_tracked") == expected


def test_dropout_of_frozen_stages_rests() -> None:
    freezing, backbone = _prepared(*[1] * 3, name="test_vit")
    freezing.apply(backbone, 0)
    modes = {name: module.training for name, module in backbone.named_modules()}
    assert not modes["model.blocks.1.attn.proj_drop"]
    assert modes["model.blocks.2.attn.proj_drop"]
    freezing.apply(backbone, 1)
    assert all(module.training for module in backbone.modules())


def test_layers_may_be_replaced_between() -> None:
    freezing, backbone = _prepared(1)
    replaced = nn.SyncBatchNorm.convert_sync_batchnorm(backbone)  # type: ignore[no-untyped-call]
    freezing.apply(replaced, 0)
    assert isinstance(replaced.get_submodule("model.bn1"), nn.SyncBatchNorm)
    assert not replaced.get_submodule("model.bn1").training
    assert replaced.get_submodule("model.layer1").training


def test_what_the_model_never_trains_is_not_thawed() -> None:
    backbone = TimmBackbone(RESNET, pretrained=False).train()
    fixed = backbone.get_parameter("model.bn1.bias").requires_grad_(False)
    freezing = Freezing([1])
    freezing.prepare(backbone)
    freezing.apply(backbone, 1)
    assert not fixed.requires_grad
    assert backbone.get_parameter("model.bn1.weight").requires_grad


def test_checkpointed_stages_freeze_too() -> None:
    backbone = TimmBackbone(RESNET, pretrained=False, gradient_checkpointing=True).train()
    freezing = Freezing([1, 1, 1])
    freezing.prepare(backbone)
    freezing.apply(backbone, 0)
    before = _statistics(backbone)
    sum(level.square().mean() for level in backbone(torch.rand(2, 3, 32, 32))).backward()

    grads = [p.grad is not None for p in backbone.parameters()]
    assert grads == [p.requires_grad for p in backbone.parameters()]
    changed = {key.split(".")[1] for key, value in _statistics(backbone).items() if not torch.equal(before[key], value)}
    assert changed == {"layer3", "layer4"}


def test_too_many_epochs_are_an_error_that_names_the_stages() -> None:
    stages = r"conv1 bn1 \(7,472\), layer1 \(18,560\), layer2 \(36,384\), layer3 \(42,432\), layer4 \(267,840\)\."
    with pytest.raises(ValueError, match=f"got 6 thaw_epochs, expected at most 5, .*: {stages}"):
        _prepared(*[1] * 6)


def test_many_stages_are_named_in_part() -> None:
    with torch.device("meta"):
        backbone = TimmBackbone("vit_small_patch16_dinov3", pretrained=False)
    with pytest.raises(ValueError, match=r"at most 13, .*blocks\.4 \([\d,]+\), \.\.\., blocks\.10 "):
        Freezing([1] * 14).prepare(backbone)


def test_a_backbone_without_stages_takes_one_number_only() -> None:
    with pytest.raises(ValueError, match=r"list of thaw_epochs with Conv2d, .* one number"):
        Freezing([1]).prepare(nn.Conv2d(3, 4, 1))


def test_a_backbone_that_is_frozen_already_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"frozen as a whole; remove model\.backbone\.frozen"):
        Freezing(1).prepare(TimmBackbone(RESNET, pretrained=False, frozen=True))


@pytest.mark.parametrize(
    ("thaw_epochs", "message"),
    [
        (-1, "thaw_epochs -1, expected epochs from 0 on"),
        ([1, -2], r"thaw_epochs \[1, -2\], expected epochs"),
        (0, "0, which freezes nothing"),
        ([0, 0], "freezes nothing"),
        ([], "freezes nothing"),
    ],
)
def test_epochs_that_make_no_sense_are_errors(thaw_epochs: Any, message: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=message):
        Freezing(thaw_epochs)
    if "nothing" in message:
        Freezing(thaw_epochs, keep_norm_statistics="all")
