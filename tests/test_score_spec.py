import pytest

from segcli.metrics.scores import Scores
from segcli.score_spec import SCORES, MetricSpec, find_score, logged_scores, with_metrics, wrong_name

KEYS = ("model.average_precision_thresholds",)


@pytest.mark.parametrize(
    ("name", "spec", "of_class", "lower_is_better"),
    [
        ("val/IoU/car", "IoU", "car", False),
        ("val/IoU/road/wet", "IoU", "road/wet", False),
        ("val/Dice/forest loss", "Dice", "forest loss", False),
        ("test/mAP", "mAP", "", False),
        ("val/loss", "loss", "", True),
        ("train/loss", "loss", "", True),
    ],
)
def test_a_name_in_a_log_says_what_it_is(name: str, spec: str, of_class: str, lower_is_better: bool) -> None:
    score = find_score(name)

    assert score is not None
    assert (score.spec.name, score.of_class, score.spec.lower_is_better) == (spec, of_class, lower_is_better)
    assert score.spec.mode == ("min" if lower_is_better else "max")
    assert str(score) == name


@pytest.mark.parametrize(
    "name", ["loss", "val_loss", "val/miou", "train/mIoU", "val/IoU", "val/IoU/", "val/mIoU/car", "lr", "", "val/"]
)
def test_what_is_no_score_is_none(name: str) -> None:
    assert find_score(name) is None


def test_every_logged_name_is_found_again() -> None:
    scores = logged_scores(["car", "a/b"], ("train", "val", "test"), KEYS)

    assert [find_score(str(score)) for score in scores] == list(scores)
    assert len({str(score) for score in scores}) == len(scores)


def test_what_needs_a_key_is_logged_with_it_alone() -> None:
    without, with_key = ({str(score) for score in logged_scores(["car"], ("val",), keys)} for keys in ((), KEYS))

    assert with_key - without == {"val/mAP", "val/AP/car"}


def test_every_score_but_the_loss_is_an_attribute_of_the_scores() -> None:
    assert {spec.attribute for spec in SCORES.values()} - {""} == set(Scores._fields) - {"pixels"}


def test_scores_of_metrics_are_known_with_their_direction() -> None:
    scores = with_metrics(
        [MetricSpec("far", "far", higher_is_better=False), MetricSpec("mAP", "AP"), MetricSpec("one")]
    )
    logged = logged_scores(["car", "a/b"], ("val",), specs=scores)

    assert [find_score(str(score), scores) for score in logged] == list(logged)
    names = [str(score) for score in logged]
    assert names[-4:] == ["val/far", "val/far/car", "val/far/a/b", "val/one"]
    assert {"val/mAP", "val/AP/car"} < set(names)
    found = find_score("val/far/car", scores)
    assert found is not None
    assert (found.spec.mode, found.spec.per_class, found.of_class) == ("min", True, "car")
    assert find_score("val/far/car") is find_score("val/one/car", scores) is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("f", "f"), "two scores called f; give one a name"),
        (("mIoU",), "two scores called mIoU"),
        (("loss",), "two scores called loss"),
        (("a/b",), "name 'a/b', expected one without a slash"),
        (("",), "name '', expected"),
        (("f", "g", "mAP"), ""),
    ],
)
def test_names_that_cannot_be_told_apart_are_refused(names: tuple[str, ...], message: str) -> None:
    found = wrong_name([MetricSpec(name, class_name=name) for name in names])

    assert (message in found) if message else not found


def test_means_are_of_a_score_per_class() -> None:
    assert all(SCORES[spec.class_score].per_class for spec in SCORES.values() if spec.class_score)
    assert all(spec.class_score for spec in SCORES.values() if spec.is_mean or spec.per_class)
