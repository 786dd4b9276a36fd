from segcli.metrics.definitions import VERSION, definitions


def test_another_task_or_other_classes_are_other_definitions() -> None:
    both = definitions("multiclass", ["ground", "cell"])
    assert both == definitions("multiclass", ("ground", "cell"))
    assert both["version"] == VERSION
    assert both != definitions("multiclass", ["cell", "ground"])
    assert both != definitions("binary", ["ground", "cell"])
    assert "pairs of pixel and class" in str(definitions("multilabel", ["cell"])["pixel_accuracy"])
