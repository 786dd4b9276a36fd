import json
import subprocess
import sys
from pathlib import Path

import pytest

from segcli.cli.list import VERB
from segcli.cli.main import main
from segcli.config.tables import WIDTH
from segcli.registry import names


def _listed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["list", *words]) == 0
    return capsys.readouterr().out


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert _listed(capsys, "--help") == VERB.help()
    assert VERB.help().count("python -m segcli list") >= 3


def test_without_a_family_all_are_shown_with_their_members(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _listed(capsys).splitlines()
    decoders = sorted(names("decoders"))
    line = next(line for line in lines if line.startswith("decoders"))
    assert line.split()[1:3] == [str(len(decoders)), f"{decoders[0]},"]
    assert next(line for line in lines if line.startswith("transforms")).endswith(", ...")
    assert "segcli:bf16" in next(line for line in lines if line.startswith("presets"))


def test_a_component_is_shown_with_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _listed(capsys, "losses", "weightedsum").splitlines()
    assert lines[0] == "WeightedSum   from segcli"
    rows = [line.split(maxsplit=4) for line in lines[2:]]
    assert rows[0][:3] == ["terms", "list[Loss]", "required"]
    assert lines[3].split()[:5] == ["weights", "list[float]", "|", "None", "null"]


def test_long_families_are_shown_without_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    text = _listed(capsys, "transforms")
    assert "HorizontalFlip               albumentations  " in text
    assert text.splitlines()[-1].endswith("with arguments:  python -m segcli list transforms RandomScaledCrop")


@pytest.mark.parametrize(
    "words",
    [[], ["backbones"], ["backbones", "vit*"], ["callbacks"], ["transforms"], ["transforms", "crop"], ["presets"]],
)
def test_text_fits_its_width(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert max(map(len, _listed(capsys, *words).splitlines())) <= WIDTH


def test_timm_names_are_counted_and_shown_by_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    text = _listed(capsys, "backbones")
    assert text.startswith("TimmBackbone   from segcli")
    assert text.splitlines()[-1].endswith("timm names; python -m segcli list backbones 'resnet*'")
    first, *others = _listed(capsys, "backbones", "ResNet50*").splitlines()
    assert first.split()[:2] == ["resnet50", "a1_in1k,"]
    assert "resnet50t" in [line.partition(" ")[0] for line in others]
    assert others[-1] == "In an experiment:  model: {backbone: resnet50.a1_in1k}"


def test_one_broken_experiment_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("# Not YAML.\nmodel: [\n")
    (tmp_path / "b.yaml").write_text("# Good.\ndata: ShapesDataModule\n")
    lines = _listed(capsys, "experiments").splitlines()
    assert lines[0] == "a.yaml"
    assert lines[1].startswith("    does not compose: ")
    assert lines[2].split() == ["b.yaml", "ShapesDataModule", "TimmBackbone", "FPN"]
    assert lines[3] == "    Good."


def test_a_folder_without_experiments_is_explained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["list", "experiments"]) == 2
    assert "no experiments here" in capsys.readouterr().err


def test_a_family_without_members_says_who_may_bring_some(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "readers"]) == 2
    told = capsys.readouterr().err
    assert "no readers here; installed packages may bring some: " in told
    assert told.strip().endswith("guide plug-ins")


def test_json_is_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    (entry,) = json.loads(_listed(capsys, "losses", "DiceLoss*", "--format", "json"))
    assert (entry["name"], entry["family"], entry["package"]) == ("DiceLoss", "losses", "segcli")
    assert entry["class_path"] == "segcli.losses.dice_loss.DiceLoss"
    smooth = entry["arguments"][0]
    assert (smooth["name"], smooth["type"], smooth["default"], smooth["required"]) == ("smooth", "float", 1.0, False)
    (model,) = json.loads(_listed(capsys, "backbones", "resnet50_gn", "--format=json"))
    assert (model["package"], model["facts"]["tags"]) == ("timm", ["a1h_in1k"])
    families = json.loads(_listed(capsys, "--format", "json"))
    assert families[1] == {"family": "decoders", "count": len(names("decoders")), "names": sorted(names("decoders"))}


@pytest.mark.parametrize("words", [[], ["losses"], ["backbones", "resnet18"], ["presets"]])
def test_markdown_is_a_table(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    lines = _listed(capsys, *words, "--format", "markdown").splitlines()
    assert set(lines[1]) == set("| -")
    cells = {line.replace("\\|", "").count("|") for line in lines}
    assert len(cells) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["decodrs"], r"no family 'decodrs' (did you mean 'decoders'?)"),
        (["UNet"], "try: python -m segcli list decoders UNet"),
        (["decoders", "FPM"], f"none of the {len(names('decoders'))} decoders is called 'FPM' (did you mean 'FPN'?)"),
        (["backbones", "resnit50"], "(did you mean 'resnet50'?)"),
        (["losses", "a.yaml", "b.yaml"], "put a pattern with * in quotes"),
        (["losses", "--format", "xml"], "options: text, markdown, json"),
    ],
)
def test_mistakes_are_explained(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert main(["list", *words]) == 2
    assert message in capsys.readouterr().err


def test_nothing_heavy_is_imported() -> None:
    code = """
import sys
from segcli.cli.main import main
for words in ([], ["backbones", "resnet*"], ["experiments"], ["callbacks"]):
    main(["list", *words])
print([m for m in ("torch", "timm", "pytorch_lightning", "albumentations", "numpy") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
