import pytest

from segcli.serve.request_error import RequestError
from segcli.serve.wish import JSON, PNG, Wish


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", PNG),
        ("*/*", PNG),
        ("image/*", PNG),
        ("image/png", PNG),
        (JSON, JSON),
        ("Application/JSON ; q=0.5", JSON),
        ("image/png;q=0.1, application/json", JSON),
        ("text/html, */*;q=0.1", PNG),
        ("image/png;q=0, */*", JSON),
        ("application/*", JSON),
    ],
)
def test_the_form_that_is_wanted_most_is_chosen(accept: str, form: str) -> None:
    assert Wish.of(accept, {}, multilabel=False).form == form


@pytest.mark.parametrize("accept", ["", "*/*", JSON, "image/png, */*;q=0.1"])
def test_several_labels_per_pixel_are_json(accept: str) -> None:
    assert Wish.of(accept, {}, multilabel=True).form == JSON


@pytest.mark.parametrize(
    ("accept", "multilabel"), [("text/html", False), ("image/png;q=0", False), ("image/png", True), ("a;q=x", False)]
)
def test_other_forms_are_refused(accept: str, multilabel: bool) -> None:
    with pytest.raises(RequestError, match=r"expected .*application/json") as caught:
        Wish.of(accept, {}, multilabel)
    assert caught.value.status == 406


def test_what_is_in_the_answer_is_chosen_by_the_query() -> None:
    wish = Wish.of(JSON, {"tta": "hflip,scales", "confidence": "1", "picture": "0"}, multilabel=False)
    assert wish == Wish(JSON, confidence=True, picture=False, tta=("hflip", "scales"))
    assert Wish.of(JSON, {"tta": "none"}, multilabel=False).tta == ()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"tat": "hflip"}, "The query has 'tat', expected one of tta, confidence, picture"),
        ({"tta": "flips"}, "tta got 'flips'"),
        ({"tta": ""}, "tta got ''"),
        ({"confidence": "yes"}, "confidence got 'yes', expected 0 or 1"),
    ],
)
def test_a_wrong_query_is_told(query: dict[str, str], message: str) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        Wish.of("", query, multilabel=False)
    assert caught.value.status == 400
