"""What a model is called in one line."""

from segcli.config.compose import Experiment


def model_name(experiment: Experiment) -> str:
    """Return what an experiment trains, such as ``FPN on resnet50``."""
    decoder = str(experiment.get("model.decoder.class_path")).rpartition(".")[2]
    backbone = experiment.get("model.backbone.class_path")
    return f"{decoder} on {experiment.get('model.backbone.name') or str(backbone).rpartition('.')[2]}"
