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
        (["--a" + ".b" * 100, "1"], "more than 64 parts"),
        (["--a", "\udcff"], "not UTF-8"),
    ],
)
def test_mistakes_are_explained(words: list[str], message: str) -> None:
    _, problems = parse_overrides(words)
    assert [message in str(problem) for problem in problems] == [True]


def test_every_mistake_is_told_at_once() -> None:
    assert len(parse_overrides(["stray", "--a"])[1]) == 2


@pytest.mark.parametrize("text", ["[1", "a: b: c", "*x", "@a", "'q", "!x y"])
def test_what_is_no_yaml_is_kept_with_the_reason(text: str) -> None:
    """Where a text is wanted, it is one; elsewhere, composing gives the reason."""
    (layer,), problems = parse_overrides(["--a", text])
    node = layer.value["a"]
    assert problems == []
    assert node.written == text
    assert "YAML" in node.fault or "unknown tag" in node.fault


@pytest.mark.parametrize(
    ("text", "written"),
    [("001", "001"), (" a ", " a "), ("#3", "#3"), ("/d #1", "/d #1"), ("'001'", None), ('"a" ', None), ("x", None)],
)
def test_what_was_typed_is_kept_unless_it_is_the_value_or_quoted(text: str, written: str | None) -> None:
    (layer,), _ = parse_overrides(["--a", text])
    assert layer.value["a"].written == written
