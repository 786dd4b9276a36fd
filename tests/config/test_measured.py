from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.config.measured import check_metrics, measured_scores
from segcli.registry import FAMILIES
from segcli.score_spec import SCORES, find_score

OWN = """
from segcli.metrics.boundary_iou import BoundaryIoU


class Finer(BoundaryIoU):
    name = "finer"
    title = "finer"


class Unnamed:
    def __init__(self) -> None:
        self.higher_is_better = True
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "a.yaml").write_text("data: ShapesDataModule\n")
    (tmp_path / "own.py").write_text(OWN)
    return Path("a.yaml")


def scores(file: Path, metrics: str) -> set[str]:
    experiment = compose([file], ["--model.metrics", metrics])
    return measured_scores(experiment.root, experiment.library).keys() - SCORES.keys()


def test_without_metrics_there_are_the_scores_that_every_run_has(file: Path) -> None:
    experiment = compose([file])
    assert measured_scores(experiment.root, experiment.library) == SCORES
    assert scores(file, "null") == set()


@pytest.mark.parametrize("name", FAMILIES["metrics"].table)
def test_what_the_text_of_a_class_says_is_what_the_class_says(file: Path, name: str) -> None:
    from importlib import import_module

    module, _, cls = FAMILIES["metrics"].table[name].partition(":")
    spec = getattr(import_module(module), cls)().spec
    experiment = compose([file], ["--model.metrics", f"[{name}]"])
    known = measured_scores(experiment.root, experiment.library)

    for score in spec.scores:
        place = f"val/{score.name}" + ("/a" if score.per_class else "")
        found = find_score(place, known)
        assert found is not None
        assert found.spec == score


def test_classes_of_others_are_read_with_their_parents_and_not_imported(file: Path) -> None:
    assert scores(file, "[own.Finer]") == {"finer", "boundary_iou"}
    assert scores(file, "[torchmetrics.classification.BinaryAccuracy]") == {"BinaryAccuracy"}
    found = scores(file, "[{class_path: BoundaryIoU, name: wide, width: 0.1}, BoundaryIoU]")
    assert found == {"wide", "wide/", "boundary_iou", "boundary_iou/"}


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("[BoundaryIoU, {class_path: BoundaryIoU, width: 0.1}]", "two scores called boundary_iou; give one a name"),
        ("[{class_path: HD95, name: mIoU}]", "two scores called mIoU"),
        ("[{class_path: HD95, name: a/b}]", "expected one without a slash"),
        ("[torchmetrics.classification.MulticlassConfusionMatrix]", "does not say whether more of it is better"),
        ("[own.Unnamed]", "does not say whether more of it is better"),
        ("[BoundryIoU]", "did you mean 'BoundaryIoU'"),
        ("[{class_path: SurfaceDice, tolerance: 2}]", "tolerance_px"),
    ],
)
def test_mistakes_are_told_before_anything_is_imported(file: Path, metrics: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        compose([file], ["--model.metrics", metrics])
    assert "model.metrics" in str(caught.value)


def test_those_of_average_precision_may_have_its_names(file: Path) -> None:
    experiment = compose([file], ["--model.metrics", "[AveragePrecision]"])
    assert not check_metrics(experiment.root, experiment.library)
    known = measured_scores(experiment.root, experiment.library)
    assert not known["mAP"].needs
