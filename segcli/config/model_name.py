"""What a model is called in one line."""

from segcli.config.component import class_key
from segcli.config.compose import Experiment


def model_name(experiment: Experiment) -> str:
    """Return what an experiment trains, such as ``FPN on resnet50``."""
    decoder = str(experiment.get(class_key("model.decoder"))).rpartition(".")[2]
    backbone = experiment.get(class_key("model.backbone"))
    return f"{decoder} on {experiment.get('model.backbone.name') or str(backbone).rpartition('.')[2]}"
