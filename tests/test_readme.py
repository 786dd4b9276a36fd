"""Every command and every file in the README works."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

import segcli
from segcli.cli import sweep
from segcli.cli.main import main
from segcli.config.compose import compose

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [
    line.split("  #")[0].strip()
    for kind, block in BLOCKS
    if kind == "bash"
    for line in block.splitlines()
    if line.strip()
]
DISTRIBUTED = [command for command in COMMANDS if "--trainer.devices" in command]
SEGCLI = [command for command in COMMANDS if command.startswith("python -m segcli") and command not in DISTRIBUTED]
SHORT = {
    "sweep": [
        "--trainer.max_epochs=1",
        "--trainer.limit_train_batches=2",
        "--model.schedule.warmup_steps=0",
        "--model.backbone.name=test_resnet.r160_in1k",
    ],
    "fit": [
        "--trainer.max_epochs=1",
        "--trainer.limit_train_batches=2",
        "--trainer.limit_val_batches=1",
        "--model.schedule.warmup_steps=0",
        "--model.backbone.name=test_resnet.r160_in1k",
        "--model.backbone.pretrained=false",
        "--data.batch_size=2",
    ],
    "validate": ["--trainer.limit_val_batches=1"],
    "test": ["--trainer.limit_test_batches=1"],
    "predict": ["--trainer.limit_predict_batches=1"],
    "rerun": ["--dry-run"],
    "tune": [
        "--model.backbone.name=test_resnet.r160_in1k",
        "--data.train_size=40",
        "--data.image_size=32",
    ],
}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the README assumes it: experiments, a folder of cells, new images, CamVid in data/camvid."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8))
    disc = np.hypot(*np.mgrid[-24:24, -32:32]) < 15
    for number in range(10):
        for path, picture in (
            ("cells/image", image),
            ("cells/label", Image.fromarray(disc.astype(np.uint8) * 255)),
            ("new_images", image),
            ("data/camvid/train", image),
            ("data/camvid/trainannot", Image.fromarray(disc.astype(np.uint8))),
            ("data/camvid/val", image),
            ("data/camvid/valannot", Image.fromarray(disc.astype(np.uint8))),
        ):
            (folder / path).mkdir(parents=True, exist_ok=True)
            picture.save(folder / path / f"{number}.png")
    for name in ("my_cells.yaml", "my_scans.yaml"):
        own = next(block for kind, block in BLOCKS if kind == "yaml" and block.startswith(f"# {name}"))
        (folder / name).write_text(own)
    return folder


@pytest.fixture
def _sweep_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs of a sweep need no interpreter each to be those of the README."""
    monkeypatch.setattr(sweep, "ChildRunner", lambda _stop: lambda launch, _watch: main(launch.words))


@pytest.mark.usefixtures("_sweep_in_process")
@pytest.mark.parametrize("command", SEGCLI)
def test_every_command_works(command: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order: later ones use what earlier ones wrote. Made shorter, not different."""
    monkeypatch.chdir(workplace)
    words = shlex.split(command)[3:]
    short = [] if any(word.endswith(".help") for word in words) else SHORT.get(words[0], [])
    if "last" in words:
        _interrupt(workplace / "runs" / "quickstart")
    if "--trainer.max_epochs" in words and "--ckpt_path" in words:
        short = ["--trainer.max_epochs=2"]
    assert main([*words, *short]) == 0


def _interrupt(runs: Path) -> None:
    """Let the first run of an experiment look as if it had been killed, and the others finished."""
    for run in runs.iterdir():
        if (passport := run / "passport.json").is_file():
            status = "running" if run.name == "1" else "finished"
            passport.write_text(json.dumps(json.loads(passport.read_text()) | {"status": status}))


def test_the_functions_for_python_work(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole block, its trainings made shorter."""
    monkeypatch.chdir(workplace)
    short = dict(word.removeprefix("--").split("=") for word in SHORT["fit"])
    values = {key: yaml.safe_load(value) for key, value in short.items()}
    fit = segcli.fit
    monkeypatch.setattr(
        segcli, "fit", lambda file, overrides, **rest: fit(file, overrides={**overrides, **values}, **rest)
    )
    names: dict[str, Any] = {}
    exec("\n".join(block for kind, block in BLOCKS if kind == "python"), names)
    assert names["mask"].shape == (48, 64)
    assert [change.key for change in names["difference"].changes] == ["model.decoder"]
    assert (workplace / "report.html").is_file()
    assert "unknown" in capsys.readouterr().out


def test_a_multilabel_experiment_is_right(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    assert main(["check", "my_scans.yaml"]) == 0


def test_the_targets_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?make ([a-z-]+)", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_anatomy_composes(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    text = next(block for kind, block in BLOCKS if kind == "yaml" and "callbacks+" in block)
    file = workplace / "experiments" / "anatomy.yaml"
    file.write_text(text)
    experiment = compose([file])
    assert experiment.get("trainer.max_epochs") == 40
    assert experiment.get("trainer.precision") is None
    assert experiment.get("data.mask_values") == {0: "background", 1: "cell"}


@pytest.mark.parametrize("name", ["camvid_fpn_lite0", "unet_r50"])
def test_shown_experiments_are_the_shipped_ones(name: str) -> None:
    shipped = yaml.safe_load((ROOT / "experiments" / f"{name}.yaml").read_text())
    assert shipped in [yaml.safe_load(block) for kind, block in BLOCKS if kind == "yaml" and "!" not in block]


def test_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
