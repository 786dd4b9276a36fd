from segcli.cli.completed_keys import ANYTHING, CompletedKeys, members


def test_keys_follow_the_components_that_are_named() -> None:
    keys = dict(CompletedKeys(["segcli:quickstart"], ["--model.decoder", "FPN"]))
    assert keys["model.decoder.pyramid_channels"] == "int = 256"
    assert "model.decoder.channels" not in keys


def test_what_does_not_compose_is_left_out() -> None:
    assert "model.decoder" in dict(CompletedKeys(["segcli:quickstart"], ["--model.decoder", "["]))
    assert "data.root" in dict(CompletedKeys(["none.yaml"], []))


def test_values_are_those_of_the_type() -> None:
    keys = CompletedKeys([], [])
    assert {"FPN", "UNet"} <= set(keys.values("model.decoder"))
    assert {"TimmBackbone", "resnet50"} <= set(keys.values("model.backbone"))
    assert list(keys.values("run.name")) == ["null", ANYTHING]
    assert list(keys.values("model.nonsense")) == []


def test_members_are_those_of_a_family() -> None:
    assert {"FPN", "UNet"} <= set(members("decoders"))
    assert members("nonsense") == ()
