import numpy as np
import pytest

from segcli.suggest.spread import CANDIDATES, Floats, choose


def _at(*degrees: float) -> Floats:
    angles = np.deg2rad(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _order(*arguments: object, **more: object) -> list[int]:
    return [each.position for each in choose(*arguments, **more)]  # type: ignore[arg-type]


def test_near_duplicates_of_what_is_chosen_come_last() -> None:
    """By uncertainty alone, it would be 0, 1, 2."""
    features = _at(0, 0.1, 0.2, 90, 180)
    found = choose([0.9, 0.89, 0.88, 0.6, 0.5], features, 5)
    assert [each.position for each in found][:3] == [0, 4, 3]
    assert found[0].distance is None
    assert [found[1].distance, found[2].distance] == pytest.approx([2, 2**0.5])


def test_what_looks_like_labelled_images_is_left_for_later() -> None:
    features = _at(0, 45, 90)
    assert _order([0.9, 0.9, 0.8], features, 2) == [0, 2]
    found = choose([0.9, 0.9, 0.8], features, 2, _at(1, 89))
    assert found[0].position == 1
    assert found[0].distance == pytest.approx(2 * np.sin(np.deg2rad(44 / 2)))


def test_many_labelled_images_are_all_centres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcli.suggest.spread._AT_ONCE", 2)
    assert _order([1, 1, 1], _at(0, 120, 240), 1, _at(0, 1, 2, 121, 122)) == [2]


def test_only_the_most_uncertain_are_candidates() -> None:
    """However far another one lies."""
    features = _at(*np.linspace(0, 1, CANDIDATES), 180)
    assert _order([*[0.9] * CANDIDATES, 0.1], features, 1) == [0]
    assert len(features) - 1 not in _order([*[0.9] * CANDIDATES, 0.89], features, 1, _at(0))


@pytest.mark.parametrize("number", [1, 3, 4, 9])
def test_every_image_is_chosen_once_at_most(number: int) -> None:
    order = _order([0.5, 0.5, 0.5, 0.5], _at(10, 10, 10, 10), number)
    assert order == [*range(min(number, 4))]


def test_a_model_that_is_sure_of_everything_still_spreads() -> None:
    assert _order([0, 0, 0], _at(0, 1, 90), 2) == [0, 2]
    assert choose([], np.zeros((0, 2)), 3) == []


def test_the_same_arguments_give_the_same_choice() -> None:
    draw = np.random.default_rng(0)
    features = draw.normal(size=(60, 8))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    unsure = draw.random(60)
    first = choose(unsure, features, 10, features[:5])
    assert first == choose(unsure, features, 10, features[:5])
    assert len({each.position for each in first}) == 10
    assert not {each.position for each in first} & {0, 1, 2, 3, 4}
