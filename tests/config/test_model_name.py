import pytest

from segcli.config.compose import compose
from segcli.config.model_name import model_name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--model.decoder=UNet", "--model.backbone.name=resnet18"], "UNet on resnet18"),
        (["--model.decoder=FPN", "--model.backbone.class_path=torch.nn.Identity"], "FPN on Identity"),
    ],
)
def test_decoder_and_backbone_name_a_model(words: list[str], name: str) -> None:
    assert model_name(compose([], ["--data.class_path=ShapesDataModule", *words])) == name
