"""The shipped experiments and presets compose, and the two decoders differ in little."""

import os
from pathlib import Path

import pytest
import yaml

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.errors import ConfigError

ROOT = Path(__file__).parent.parent
EXPERIMENTS = sorted((ROOT / "experiments").glob("*.yaml"))
DATA = Path(os.environ.get("SEGCLI_TEST_DATA", ROOT.parent / "shared"))
CAMVID, WEIGHTS = DATA / "data" / "camvid", DATA / "weights" / "tf_efficientnet_lite0.safetensors"
needs_camvid = pytest.mark.skipif(
    not (CAMVID / "train").is_dir() or not WEIGHTS.is_file(), reason=f"no CamVid and weights in {DATA}"
)


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
def test_every_experiment_passes_the_checks(file: Path) -> None:
    experiment = compose([file])
    assert experiment.get("data.class_path")
    assert len(file.read_text().splitlines()) < 25


def test_the_named_experiments_are_there() -> None:
    names = {file.stem for file in EXPERIMENTS}
    assert {"quickstart", "fpn_r50", "unet_r50", "camvid_fpn_lite0", "camvid_unet_lite0"} <= names


def test_the_unet_changes_little_more_than_the_decoder() -> None:
    fpn, unet = (compose([ROOT / "experiments" / f"{name}.yaml"]).plain() for name in ("fpn_r50", "unet_r50"))
    assert unet["model"].pop("decoder") != fpn["model"].pop("decoder")
    assert unet == fpn


def test_own_folder_needs_four_keys(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    tree = {"extends": "segcli:own_folder", "data": {"root": "a", "image_dir": "b", "mask_dir": "c"}}
    tree["data"]["mask_values"] = {0: "x", 255: "y"}  # type: ignore[index]
    file.write_text(yaml.safe_dump(tree))
    assert compose([file]).get("data.mask_values") == {0: "x", 255: "y"}
    del tree["data"]["root"]  # type: ignore[attr-defined]
    file.write_text(yaml.safe_dump(tree))
    with pytest.raises(ConfigError, match=r"data.root: PatternDataModule needs 'root'"):
        compose([file])


@needs_camvid
@pytest.mark.parametrize("name", ["camvid_fpn_lite0", "camvid_unet_lite0"])
def test_camvid_trains_a_few_batches_and_misses_a_test_split(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [f"--data.root={CAMVID}", f"--model.backbone.weights={WEIGHTS}", "--trainer.max_epochs=1"]
    limits = ["--trainer.limit_train_batches=2", "--trainer.limit_val_batches=1", "--model.schedule.warmup_steps=1"]
    limits += ["--data.batch_size=2", "--data.val_batch_size=2", "--data.cache=off"]  # a CPU takes seconds for more
    assert main(["fit", "-c", str(ROOT / "experiments" / f"{name}.yaml"), *words, *limits]) == 0
    best = f"runs/{name}/1/checkpoints/best.ckpt"
    assert Path(best).is_file()
    assert main(["test", "--ckpt_path", best]) == 2  # no test split here, which is an error only when it is asked for
    assert "test" in capsys.readouterr().err


@pytest.mark.slow
def test_the_quickstart_reaches_what_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "-c", str(ROOT / "experiments" / "quickstart.yaml")]) == 0
    scores = yaml.safe_load(Path("runs/quickstart/1/val_scores.json").read_text())
    assert scores["mIoU"] > 0.8
