import pytest

from segcli.metrics.scores import Scores
from segcli.score_spec import SCORES, find_score, logged_scores

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


def test_means_are_of_a_score_per_class() -> None:
    assert all(SCORES[spec.class_score].per_class for spec in SCORES.values() if spec.class_score)
    assert all(spec.class_score for spec in SCORES.values() if spec.is_mean or spec.per_class)
