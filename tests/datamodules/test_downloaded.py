import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from segcli.cli.main import main
from segcli.datamodules.camvid_data_module import CamVidDataModule
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.sample import DataError
from tests.downloads.made import below, served_in_module
from tests.downloads.server import Server
from tests.test_data_presets import keys_of

MODEL = """
model:
  backbone: {name: test_resnet.r160_in1k, pretrained: false}
  decoder: {class_path: FPN, pyramid_channels: 8, segmentation_channels: 32}
  schedule: {warmup_steps: 0}
trainer: {max_epochs: 1}
pictures: {count: 0}
"""
OWN = "data: {class_path: CamVidDataModule, root: data/camvid, batch_size: 2}"
PRESET = "extends: segcli:data/NAME\ndata: {batch_size: 2}"
EXPERIMENTS = {
    "own": ("camvid", OWN),
    **{name: (name, PRESET.replace("NAME", name)) for name in ("camvid", "pet", "voc")},
}
__all__ = ["served_in_module"]
every_experiment = pytest.mark.parametrize("name", EXPERIMENTS)


@pytest.fixture
def server(served: tuple[Server, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.chdir(tmp_path)
    served[0].asked = []
    for name, (_, data) in EXPERIMENTS.items():
        Path(f"{name}.yaml").write_text(f"{data}\n{MODEL}")
    return served[0]


def module(name: str, **keys: object) -> SegmentationDataModule:
    data_set, _ = EXPERIMENTS[name]
    if name == "own":
        return CamVidDataModule(**{"root": "data/camvid", **keys})
    return PatternDataModule(**{key: value for key, value in keys_of(data_set).items() if key != "class_path"} | keys)


@every_experiment
def test_a_training_downloads_what_it_needs_once(
    name: str, server: Server, served: tuple[Server, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data_set, _ = EXPERIMENTS[name]
    assert main(["fit", "-c", f"{name}.yaml", "--data.download", "true"]) == 0
    shown = capsys.readouterr()
    assert shown.err.index("licence") < shown.err.index("downloading http://127.0.0.1")
    root = Path(keys_of(data_set)["root"])
    assert below(root) == below(served[1] / data_set)

    server.asked.clear()
    module(name, download=True).prepare_data()
    assert (server.asked, capsys.readouterr().err) == ([], "")
    assert main(["diff", f"runs/{name}/1", f"{name}.yaml"]) == 0
    assert capsys.readouterr().out.startswith("no difference\nnot shown: data.download, ")


@every_experiment
@pytest.mark.parametrize("verb", ["fit", "validate", "test"])
@pytest.mark.parametrize("root", [None, "some where"])
def test_without_data_the_command_is_named(name: str, verb: str, root: str | None, server: Server) -> None:
    data_set, _ = EXPERIMENTS[name]
    data = module(name) if root is None else module(name, root=root)
    elsewhere = "" if root is None else f" --root '{root}'"
    line = rf"segcli data fetch {data_set}{elsewhere}, or here with --data\.download true; or correct data\.root"
    with pytest.raises(DataError, match=line):
        data.setup(verb)
    assert server.asked == []


@pytest.mark.usefixtures("server")
def test_without_data_a_training_names_the_command_and_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", "own.yaml"]) == 2
    error = capsys.readouterr().err
    assert "python -m segcli data fetch camvid," in error
    assert "  --> own.yaml:1" in error
    assert not Path("data").exists()


def test_a_split_that_is_missing_names_the_command_too(server: Server, served: tuple[Server, Path]) -> None:
    shutil.copytree(served[1] / "camvid" / "train", "data/camvid/train")
    with pytest.raises(DataError, match="segcli data fetch camvid --root FOLDER"):
        CamVidDataModule("data/camvid").setup("test")
    data = CamVidDataModule("data/camvid", download=True)
    data.prepare_data()  # the folder holds something
    assert server.asked == []


@every_experiment
def test_images_to_predict_are_not_downloaded(name: str, server: Server) -> None:
    data = module(name)
    with pytest.raises(DataError) as raised:
        data.setup("predict")
    assert "data fetch" not in str(raised.value)
    data.download = True
    data.trainer = SimpleNamespace(state=SimpleNamespace(fn="predict"))
    data.prepare_data()
    assert server.asked == []


@pytest.mark.usefixtures("server")
def test_what_cannot_be_downloaded_is_told_before_training(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text("extends: segcli:own_folder\ndata: {root: x, classes: [a, b], download: true}")
    assert main(["check", "mine.yaml"]) == 2
    error = capsys.readouterr()
    assert (
        "data.download: got true, expected the patterns of a data set that can be downloaded" in error.out + error.err
    )


def test_a_download_that_fails_is_one_error(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.states = [404]
    assert main(["fit", "-c", "pet.yaml", "--data.download", "true"]) == 2
    error = capsys.readouterr().err
    assert "data.download: 127.0.0.1:" in error
    assert "Traceback" not in error
    assert not list(Path("runs").rglob("passport.json"))
