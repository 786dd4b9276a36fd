import pytest

from segcli.datamodules.own_labels import own_labels
from segcli.sample import DataError


def test_the_classes_follow_from_either_key() -> None:
    assert own_labels(["a", "b"], None).classes == own_labels(None, {3: "a", 7: "b"}).classes == ("a", "b")


@pytest.mark.parametrize(
    ("classes", "values", "message"),
    [
        (None, None, "got neither classes nor mask_values"),
        ([], {}, "got neither classes nor mask_values"),
        (["a", "a"], None, r"data\.classes got the name 'a' for classes 0 and 1"),
        (None, {0: " "}, r"data\.mask_values got ' ' as the name of class 0"),
    ],
)
def test_names_are_asked_for(classes: list[str] | None, values: dict[int | str, str] | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        own_labels(classes, values)
