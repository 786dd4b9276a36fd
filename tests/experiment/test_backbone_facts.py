from segcli.experiment.backbone_facts import Level, backbone_facts


def test_facts_of_a_pyramid() -> None:
    facts = backbone_facts("resnet18")
    assert facts.model == "ResNet"
    assert facts.parameters == 11_176_512
    assert facts.levels[0] == Level(0, 2, 64)
    assert [level.stride for level in facts.levels] == [2, 4, 8, 16, 32]
    assert [stage.parts for stage in facts.stages] == [("conv1", "bn1"), *((f"layer{i}",) for i in range(1, 5))]
    assert sum(stage.parameters for stage in facts.stages) == facts.parameters
    assert (facts.size_multiple, facts.image_size, facts.output_strides) == (32, None, (8, 16))
    assert (facts.prefix_tokens, facts.has_final_norm, facts.has_tail) == (0, False, False)


def test_facts_of_a_plain_transformer() -> None:
    facts = backbone_facts("test_vit")
    assert [(level.index, level.stride) for level in facts.levels] == [(0, 16), (2, 16), (3, 16), (5, 16)]
    assert (facts.prefix_tokens, facts.has_final_norm, facts.has_tail, facts.output_strides) == (1, True, True, ())


def test_facts_of_a_model_for_one_size() -> None:
    facts = backbone_facts("test_vit_relpos")
    assert facts.image_size == (160, 160)
    assert facts.takes_img_size
