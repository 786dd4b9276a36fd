from pathlib import Path

import pytest
import yaml

from segcli.config.compose import compose
from segcli.survey.experiment_text import experiment_text
from segcli.survey.proposal import Proposal
from segcli.survey.setting import Setting
from tests.survey.data import keys_written, mask, pairs, proposed, settings_of

NASTY = {0: "yes", 1: "a: b", 2: "# no", 3: "${vars.crop}", 4: "\x1b[31m", 5: "0o7", 6: "grün"}


def test_every_value_has_its_reason_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pairs(Path("x"), "images/{name}.png", "labels/{name}.png", "abcdefgh", mask, (0, 1, 255))
    text = experiment_text(proposed(Path("x")))
    lines = [line for line in text.splitlines() if ":" in line.partition("#")[0] and not line.rstrip().endswith(":")]
    assert all("#" in line for line in lines)
    assert max(map(len, text.splitlines())) <= 120
    assert "0: background" in text
    assert "guess: " in text
    assert text.startswith("# 8 images, 32x24 px: 6 to train with, 2 to validate with.")


def test_values_are_read_back_as_they_are(tmp_path: Path) -> None:
    settings = [
        Setting("data.root", "a b"),
        Setting("data.image", "{name}.png", "w " * 200),
        Setting("data.mask_values", NASTY, "", "names\x1b[0m", {0: "0 %"}),
        Setting("data.ignore_values", ["#000000"]),
    ]
    proposal = Proposal("a b", {"segcli:own_folder": "x"}, settings, 1, {"train": 1, "val": 0}, (), {}, "1x1")
    text = experiment_text(proposal)
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    data = compose([file], checked=False).expanded()["data"]["init_args"]
    assert data["mask_values"] == NASTY
    assert data["image"] == "{name}.png"
    assert data["ignore_values"] == ["#000000"]
    assert "\x1b" not in text
    assert "grün" in text
    assert max(map(len, text.splitlines())) <= 120


def test_it_is_plain_yaml(tmp_path: Path) -> None:
    pairs(tmp_path, "images/{name}.png", "labels/{name}.png")
    proposal = proposed(tmp_path)
    written = keys_written(proposal)
    assert written["data"]["mask_values"] == settings_of(proposal)["data.mask_values"]
    assert yaml.safe_load(experiment_text(proposal))["extends"] == ["segcli:own_folder"]
