from pathlib import Path

import pytest
from packaging.version import Version

import segcli
from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.deprecated import DEPRECATED, Deprecated, deprecations


@pytest.mark.parametrize("entry", DEPRECATED, ids=lambda entry: entry.key)
def test_a_deprecated_key_lives_for_one_minor_version(entry: Deprecated) -> None:
    """Once this fails, the key and its entry are to be removed."""
    since, until = Version(entry.since), Version(entry.until)
    assert (until.major, until.minor) == (since.major, since.minor + 1)
    assert Version(segcli.__version__) < until


@pytest.mark.parametrize("entry", DEPRECATED, ids=lambda entry: entry.key)
def test_it_is_a_key_and_so_is_what_stands_for_it(tiny: Path, entry: Deprecated) -> None:
    (problem,) = deprecations(compose([tiny], [f"--{entry.key}=3"]))
    assert (problem.key, str(problem.source)) == (entry.key, f"--{entry.key}")
    assert entry.instead in problem.message
    key, _, value = entry.instead.replace("N", "3").partition(": ")
    assert list(deprecations(compose([tiny], [f"--{key}={value}"]))) == []


def test_check_and_a_run_warn_of_it(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.write_text(tiny.read_text().replace("model:", "model:\n  average_precision_thresholds: 5", 1))
    assert main(["check", "tiny.yaml"]) == 0
    assert "deprecated since" in "".join(capsys.readouterr())
    assert main(["fit", "-c", "tiny.yaml", "--trainer.max_epochs=0"]) == 2
    warning = "warning: model.average_precision_thresholds: deprecated since 0.5.0, gone in 0.6.0; write model.metrics"
    assert warning in capsys.readouterr().err
