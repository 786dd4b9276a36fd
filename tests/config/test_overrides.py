import pytest

from segcli.config.overrides import parse_overrides


@pytest.mark.parametrize(
    "words", [["--a.b", "1e-3"], ["--a.b=1e-3"], ["--a.init_args.b", "1e-3"]], ids=["space", "equals", "init_args"]
)
def test_forms(words: list[str]) -> None:
    assert [layer.plain() for layer in parse_overrides(words)[0]] == [{"a": {"b": 0.001}}]


def test_values_are_yaml() -> None:
    values = [layer.plain()["a"] for layer in parse_overrides(["--a", "[1, x]", "--a", "{b: no}", "--a", "-3"])[0]]
    assert values == [[1, "x"], {"b": "no"}, -3]


def test_plus_and_del_are_kept_for_merging() -> None:
    (append, remove), _ = parse_overrides(["--a.b+", "x", "--a.c", "!del"])
    assert append.plain() == {"a": {"b+": "x"}}
    assert remove.value["a"].value["c"].tag == "del"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--a.b"], "a.b: has no value"),
        (["--a.b", "--c", "1"], "a.b: has no value"),
        (["stray"], "unexpected argument 'stray'"),
        (["--a..b", "1"], "empty part"),
        (["--a", "[1"], "not valid YAML"),
    ],
)
def test_mistakes_are_explained(words: list[str], message: str) -> None:
    _, problems = parse_overrides(words)
    assert [message in str(problem) for problem in problems] == [True]


def test_every_mistake_is_told_at_once() -> None:
    assert len(parse_overrides(["stray", "--a"])[1]) == 2
