"""Every command, file and link in the README and in the guides works."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import yaml
from PIL import Image

import segcli
from segcli.cli import sweep
from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.experiment.arguments import RunArguments
from segcli.experiment.data import build_data
from tests.datasets.part_files import PLACED, write_scene, write_volume
from tests.documents import (
    BLOCKS,
    COMMANDS,
    DISTRIBUTED,
    DOCUMENTS,
    FILES,
    PACKAGE,
    PYTHON,
    README,
    ROOT,
    anchors,
    links,
    text_of,
    words_of,
)
from tests.downloads.made import all_served

OURS = [command for command in COMMANDS if words_of(command) is not None and command not in DISTRIBUTED]
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
MOST_LINES = {"README.md": 150, "an experiment": 25}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the guides assume it: experiments, a folder of cells, new images, CamVid in data/camvid."""
    folder = tmp_path_factory.mktemp("documents")
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    draw = np.random.default_rng(0)
    disc = np.hypot(*np.mgrid[-24:24, -32:32]) < 15
    for number in range(10):
        image = Image.fromarray(draw.integers(0, 256, (48, 64, 3), dtype=np.uint8))
        for path, picture in (
            ("cells/image", image),
            ("cells/label", Image.fromarray(disc.astype(np.uint8) * 255)),
            ("new_images", image),
            ("unlabelled", Image.fromarray(draw.integers(0, 256, (48, 64, 3), dtype=np.uint8))),
            ("data/camvid/train", image),
            ("data/camvid/trainannot", Image.fromarray(disc.astype(np.uint8))),
            ("data/camvid/val", image),
            ("data/camvid/valannot", Image.fromarray(disc.astype(np.uint8))),
        ):
            (folder / path).mkdir(parents=True, exist_ok=True)
            picture.save(folder / path / f"{number}.png")
    bands = np.random.default_rng(0).integers(0, 10_000, (48, 64, 5), dtype=np.uint16)
    for number in range(10):
        (folder / "fields" / "images").mkdir(parents=True, exist_ok=True)
        (folder / "fields" / "labels").mkdir(exist_ok=True)
        tifffile.imwrite(folder / "fields" / "images" / f"{number}.tif", bands, planarconfig="contig")
        Image.fromarray(disc.astype(np.uint8)).save(folder / "fields" / "labels" / f"{number}.png")
        mask = disc.astype(np.uint8)
        write_scene(folder / f"scenes/images/{number}.tif", draw.integers(0, 999, (48, 64, 4), np.uint16), **PLACED)
        write_scene(folder / f"scenes/masks/{number}.tif", mask, **PLACED)
        write_volume(folder / f"volumes/images/{number}.nii.gz", draw.integers(-99, 999, (48, 64, 2), np.int16))
        write_volume(folder / f"volumes/masks/{number}.nii.gz", np.stack([mask, mask], axis=-1))
    _write_predictions(folder)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def _write_predictions(folder: Path) -> None:
    """Write what other tools predict of the quickstart's validation images: all is background."""
    _, data = build_data(RunArguments("data", [folder / "experiments/quickstart.yaml"]), "check")
    data.prepare("val")
    dataset = data.datasets["val"]
    for place in ("nnunet/predictions/{}.png", "mmseg/predictions/{}_pred.png"):
        for name, size in zip(dataset.ids(), dataset.sizes(), strict=True):
            path = folder / place.format(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.zeros(size, np.uint8)).save(path)


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What guides download comes from a server on this machine."""
    with all_served(tmp_path_factory.mktemp("served")):
        yield


@pytest.fixture
def _sweep_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs of a sweep need no interpreter each to be those of a guide."""
    monkeypatch.setattr(sweep, "ChildRunner", lambda _stop: lambda launch, _watch: main(launch.words))


@pytest.mark.usefixtures("_sweep_in_process", "_served")
@pytest.mark.parametrize(
    "command", [pytest.param(each, marks=pytest.mark.slow if "--matrix" in each else ()) for each in OURS]
)
def test_every_command_works(command: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order: later ones use what earlier ones wrote. Made shorter, not different."""
    monkeypatch.chdir(workplace)
    words = words_of(command) or []
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
    """All blocks, their trainings made shorter."""
    monkeypatch.chdir(workplace)
    short = dict(word.removeprefix("--").split("=") for word in SHORT["fit"])
    values = {key: yaml.safe_load(value) for key, value in short.items()}
    fit = segcli.fit
    monkeypatch.setattr(
        segcli, "fit", lambda file, overrides, **rest: fit(file, overrides={**overrides, **values}, **rest)
    )
    names: dict[str, Any] = {}
    exec(PYTHON, names)
    assert names["mask"].shape == (48, 64)
    assert [change.key for change in names["difference"].changes] == ["model.decoder"]
    assert (workplace / "report.html").is_file()
    assert "unknown" in capsys.readouterr().out


def test_every_experiment_with_a_name_is_right(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    assert main(["check", *(name for name in FILES if name.endswith(".yaml"))]) == 0


def test_every_other_experiment_composes(tmp_path: Path) -> None:
    for block in BLOCKS:
        if block.kind == "yaml" and block.text not in (*FILES.values(), *PACKAGE.values()):
            shutil.copytree(ROOT / "experiments", tmp_path, dirs_exist_ok=True)
            (tmp_path / "one.yaml").write_text(block.text)
            compose([tmp_path / "one.yaml"])


def test_the_anatomy_composes(workplace: Path) -> None:
    experiment = compose([workplace / "experiments" / "anatomy.yaml"])
    assert experiment.get("trainer.max_epochs") == 40
    assert experiment.get("trainer.precision") is None
    assert experiment.get("data.mask_values") == {0: "background", 1: "cell"}


def test_the_experiment_in_the_readme_is_a_shipped_one() -> None:
    shipped = yaml.safe_load((ROOT / "experiments" / "camvid_fpn_lite0.yaml").read_text())
    assert shipped in [yaml.safe_load(block.text) for block in BLOCKS if block.kind == "yaml" and "!" not in block.text]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_targets_are_in_the_makefile(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?\bmake ([a-z-]+)(?=`|  )", text_of(document))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_pictures_exist(document: Path) -> None:
    """Those of guides lead to other guides alone: elsewhere is nothing in an installed package, nor on the site."""
    for target in links(document):
        name, _, anchor = target.partition("#")
        file = document.parent / name if name else document
        assert file in DOCUMENTS or (document == README and file.exists()), target
        assert not anchor or anchor in anchors(file), target


def test_the_readme_is_a_front_page() -> None:
    assert len(text_of(README).splitlines()) < MOST_LINES["README.md"]
    for kind, text in BLOCKS:
        assert kind != "yaml" or len(text.splitlines()) < MOST_LINES["an experiment"]


def test_results_in_the_readme_are_those_of_the_experiments() -> None:
    """Figures with three digits after the point, and intervals; where each comes from stands there."""
    section = text_of(README).partition("## Results")[2].partition("\n## ")[0]
    figures = re.findall(r"\d\.\d{3}(?: ± \d\.\d{3})?", section)
    measured = (ROOT / "experiments" / "README.md").read_text()
    assert len(figures) > 8
    assert not [figure for figure in figures if figure not in measured]
