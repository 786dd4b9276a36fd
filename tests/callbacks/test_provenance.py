import json
from pathlib import Path

import pytest
import timm
import torch
from torch import nn

from segcli.callbacks.provenance import weights_hash
from segcli.cli.main import main
from segcli.runs.stored_run import StoredRun


def _passport(folder: str) -> dict:  # type: ignore[type-arg]
    return json.loads((Path(folder) / "passport.json").read_text())


def test_weights_are_known_by_names_and_values() -> None:
    torch.manual_seed(0)
    one, other = nn.Linear(2, 2), nn.Linear(2, 2)
    assert weights_hash(one) != weights_hash(other)
    other.load_state_dict(one.state_dict())
    assert weights_hash(one) == weights_hash(other)
    assert weights_hash(nn.Sequential(one)) != weights_hash(one)
    assert len(weights_hash(nn.BatchNorm2d(3).bfloat16())) == 16


def test_fit_records_data_weights_and_definitions(in_trained: Path) -> None:
    passport = _passport("runs/tiny/1")
    assert passport["data"]["classes"] == ["background", "circle", "square", "triangle"]
    assert {split: part["count"] for split, part in passport["data"]["splits"].items()} == {"train": 24, "val": 6}
    assert passport["metrics"]["task"] == "multiclass"
    assert passport["loss"] == [
        "CrossEntropyLoss: mean over pixels that are not ignored, of each label where there are several"
    ]
    assert passport["weights"]["backbone"] != passport["weights"]["model"]
    assert passport["experiment"] == ["tiny.yaml"]
    names = json.loads(Path("runs/tiny/1/splits.json").read_text())
    assert {split: len(part) for split, part in names.items()} == {"train": 24, "val": 6}
    assert set(passport["checkpoints"]) == {"best.ckpt", "last.ckpt"}


def test_groups_of_images_are_recorded_by_split(tiny: Path) -> None:
    plain = tiny.read_text()
    for pattern in ("{split}_000{clip}", "{split}_*"):
        tiny.write_text(plain.replace("batch_size: 8", f"batch_size: 8\n  group: '{pattern}'"))
        assert main(["fit", "-c", str(tiny), "--trainer.max_epochs", "1"]) == 0
    run, other = (StoredRun.load(Path(f"runs/tiny/{number}")) for number in (1, 2))
    assert run.passport["data"]["group"] == {
        "pattern": "{split}_000{clip}",
        "splits": {"train": {"groups": 24}, "val": {"groups": 6, "also_in_train": 0}},
    }
    assert run.counts().groups == tuple(f"val/{n:02d}" for n in range(6))
    names = json.loads((other.path / "splits.json").read_text())
    assert names["groups"] == {"train": ["train"] * 24, "val": ["val"] * 6}
    assert other.counts().pattern == "{split}_*"


def test_the_same_seed_begins_with_the_same_weights(tiny: Path) -> None:
    for words in ([], [], ["--seed_everything", "1"]):
        assert main(["fit", "-c", str(tiny), "--trainer.max_epochs", "1", *words]) == 0
    one, same, other = (_passport(f"runs/tiny/{number}") for number in (1, 2, 3))
    assert one["weights"] == same["weights"] != other["weights"]
    assert one["data"] == same["data"] == other["data"]
    assert one["experiment_hash"] == same["experiment_hash"] == other["experiment_hash"]
    assert one["config_hash"] == same["config_hash"] != other["config_hash"]


def test_measurements_record_their_own_data(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.max_epochs", "1", "--run.fingerprint", "sizes"]) == 0
    best = "runs/tiny/1/checkpoints/best.ckpt"
    assert main(["test", "--ckpt_path", best]) == 0
    assert main(["validate", "--ckpt_path", best, "--data.data_seed", "4"]) == 0
    fitted, tested, validated = (
        _passport(f"runs/tiny/1/{place}")["data"]["splits"] for place in ("", "test/1", "validate/1")
    )
    assert set(tested) == {"test"}
    assert set(validated) == {"val"}
    assert fitted["val"]["content"].startswith("sizes:")
    assert validated["val"] != fitted["val"]


def test_a_run_that_goes_on_with_other_data_says_so(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ["--trainer.max_epochs", "1"]
    assert main(["fit", "-c", str(tiny), *short, "--model.schedule", "null"]) == 0
    passport = Path("runs/tiny/1/passport.json")
    record = json.loads(passport.read_text())
    record["data"]["splits"]["val"]["content"] = "another"
    (loss,) = record.pop("loss")  # as of 0.4.0
    passport.write_text(json.dumps(record))
    last = "runs/tiny/1/checkpoints/last.ckpt"
    assert main(["fit", "--ckpt_path", last, "--trainer.max_epochs", "2"]) == 0
    assert "the data of val are not those that the run began with" in capsys.readouterr().err
    after = _passport("runs/tiny/1")
    assert after["data"]["splits"]["val"]["content"].startswith("another, then ")
    assert after["data"]["splits"]["train"] == record["data"]["splits"]["train"]
    assert after["loss"] == [f"not recorded, then {loss}"]
    assert after["overrides"][-2:] == ["--trainer.max_epochs", "2"]
    assert after["config_hash"] == StoredRun.load(Path("runs/tiny/1")).config_hash != record["config_hash"]


def test_a_run_from_another_state_says_from_which(tiny: Path) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.max_epochs", "1"]) == 0
    last = "runs/tiny/1/checkpoints/last.ckpt"
    assert main(["fit", "-c", str(tiny), "--ckpt_path", last, "--run.name", "more"]) == 0
    loaded = _passport("runs/more/1")["loaded"]
    assert loaded == {"checkpoint": last, "sha256": _passport("runs/tiny/1")["checkpoints"]["last.ckpt"]}
    assert _passport("runs/tiny/1")["loaded"] is None
    assert main(["rerun", "runs/more/1"]) == 2


def test_weights_that_a_file_of_a_backbone_lacks_are_told(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = timm.create_model("test_vit", pretrained=False).state_dict()
    torch.save({key: value for key, value in state.items() if not key.startswith("norm.")}, tiny.parent / "w.pth")
    backbone = "--model.backbone={name: test_vit, weights: w.pth}"

    assert main(["fit", "-c", str(tiny), backbone, "--model.decoder=Linear", "--trainer.max_epochs=1"]) == 0

    assert "\nnote: model.backbone.weights: w.pth lacks norm.weight, norm.bias, which" in f"\n{capsys.readouterr().err}"
