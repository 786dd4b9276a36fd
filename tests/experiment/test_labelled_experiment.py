from pathlib import Path

import pytest

from segcli.config.compose import Experiment, compose
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.experiment.arguments import RunArguments
from segcli.experiment.data import build_data
from segcli.experiment.labelled_experiment import keeps_meaning, labelled_experiment, values_of_masks
from segcli.runs.run_folder import RunFolder

HEAD = "extends: segcli:quickstart\ndata: !replace\n  root: cells\n  batch_size: 4\n"
COLOURS = 'mask_values: {"#000000": membrane, "#ff0000": cell}\n'
KINDS = {
    "folder": "class_path: FolderDataModule\n  image_dir: image\n  limit: 7\n  mask_values: {0: membrane, 255: cell}\n",
    "pattern": f"class_path: PatternDataModule\n  image: 'i/{{name}}'\n  mask: 'm/{{name}}'\n  {COLOURS}",
    "manifest": "class_path: PatternDataModule\n  manifest: old.csv\n  group: patient\n  classes: [a, 'b ${x}']\n",
    "camvid": "class_path: CamVidDataModule\n  limit: 5\n",
}


def _built(folder: Path, kind: str) -> tuple[Experiment, SegmentationDataModule]:
    text = HEAD + "".join(f"  {line}\n" for line in KINDS[kind].replace("${x}", r"\${x}").strip().split("\n  "))
    (folder / "old.yaml").write_text(text)
    return build_data(RunArguments("suggest", [folder / "old.yaml"]), "")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("with_run", [True, False])
def test_the_data_are_replaced_and_keep_what_is_not_about_files(tmp_path: Path, kind: str, with_run: bool) -> None:
    experiment, data = _built(tmp_path, kind)
    (tmp_path / "runs/x/1").mkdir(parents=True)
    (tmp_path / "old.yaml").rename(tmp_path / "runs/x/1/composed.yaml")
    root = tmp_path / "out"
    root.mkdir()
    run = RunFolder(tmp_path / "runs/x/1") if with_run else None
    text = labelled_experiment(experiment, data, root, "manifest.csv", run)
    assert text.startswith("extends: ../runs/x/1/composed.yaml" if with_run else "data:\n")
    (root / "labelled.yaml").write_text(
        text if with_run else f"extends: segcli:quickstart\n{text.replace('data:', 'data: !replace')}"
    )
    new, built = build_data(RunArguments("suggest", [root / "labelled.yaml"]), "")
    found = new.plain()["data"]
    assert {"image", "mask", "image_dir", "limit", "group", "val_fraction"}.isdisjoint(found["init_args"])
    assert (new.get("data.root"), new.get("data.manifest"), new.get("data.batch_size")) == (
        str(root),
        "manifest.csv",
        4,
    )
    assert built.classes == data.classes
    assert new.get("run.name") == ("x_labelled" if with_run else None)


@pytest.mark.parametrize(
    ("kind", "told", "keeps"),
    [
        ("folder", "0 membrane, 255 cell", True),
        ("pattern", "#000000 membrane, #ff0000 cell", True),
        ("manifest", "0 a, 1 b ${x}", True),
        ("camvid", "0 sky, 1 building, 2 pole", False),
    ],
)
def test_what_masks_hold_is_told(tmp_path: Path, kind: str, told: str, keeps: bool) -> None:
    experiment, data = _built(tmp_path, kind)
    assert values_of_masks(experiment, data).startswith(told)
    assert keeps_meaning(data) == keeps
    assert compose([tmp_path / "old.yaml"]).get("data.batch_size") == 4
