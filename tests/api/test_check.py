from pathlib import Path

import pytest

import segcli


def test_a_good_experiment_is_ok_and_shown_so(tiny: Path) -> None:
    found = segcli.check(tiny.name)
    assert found.ok
    assert repr(found) == "ok  tiny.yaml  FPN on test_resnet.r160_in1k\n1 file, 0 errors, 0 warnings. Nothing was run."
    assert "<td>ok</td><td>FPN on test_resnet.r160_in1k</td>" in found._repr_html_()
    assert not Path("runs").exists()


def test_mistakes_are_listed_and_not_raised(tiny: Path) -> None:
    mapping = {"extends": "tiny.yaml", "model": {"decoder": {"<b>": 1}}}
    found = segcli.check(tiny.name, mapping, "nowhere.yaml", overrides={"data.batch_sise": 3})
    assert not found.ok
    assert {(problem.key, str(problem.source)) for problem in found.errors} == {
        ("data.batch_sise", 'overrides["data.batch_sise"]'),
        ("model.decoder.<b>", "the mapping given"),
        ("", "None"),
    }
    text = found._repr_html_()
    assert "<b>" not in text
    assert "model.decoder.&lt;b&gt;" in text
    assert "no file nowhere.yaml" in text


def test_warnings_leave_it_ok(tiny: Path) -> None:
    found = segcli.check(tiny.name, overrides={"model.schedule.warmup_steps": 1000})
    assert found.ok
    assert [(each.key, str(each.source)) for each in found.warnings] == [
        ("model.schedule.warmup_steps", 'overrides["model.schedule.warmup_steps"]')
    ]
    assert "warning: model.schedule.warmup_steps: " in found._repr_html_()


def test_the_model_is_built_where_asked(tiny: Path) -> None:
    assert "M parameters" in repr(segcli.check(tiny.name, build=True))


def test_a_folder_without_experiments_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(segcli.ConfigError, match="no experiments in"):
        segcli.check()
