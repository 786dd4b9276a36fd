"""The one reader, over what every verb declares."""

import re

import pytest

from segcli.cli.command_line import read
from segcli.cli.main import main
from segcli.cli.verb import Option
from segcli.cli.verbs import VERBS, declared
from segcli.config.errors import ConfigError

OPTIONS = {option.name: option for name in VERBS for option in declared(name).options}
NAMES = [name for option in OPTIONS.values() for name in (option.name, option.short) if name]


def _error(verb: str, *words: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(declared(verb), words)
    return str(caught.value)


def test_words_options_and_overrides_are_told_apart() -> None:
    typed = read(
        declared("show"), ["a.yaml", "--sources", "--format=json", "-c", "b.yaml", "--data.x", "-4", "--vars={a: 1}"]
    )
    assert (typed.words, typed.files) == (("a.yaml",), ("b.yaml",))
    assert typed.has("--sources")
    assert not typed.has("--resolved")
    assert typed.format == "json"
    assert typed.overrides == ("--data.x", "-4", "--vars={a: 1}")


def test_an_option_that_the_verb_does_not_declare_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError, match="show declares no option --ckpt_path"):
        read(declared("show"), ["a.yaml"]).value("--ckpt_path")


def test_options_that_repeat_keep_their_order() -> None:
    assert read(declared("sweep"), ["--vary", "a=1", "-c", "x", "--vary=b=2"]).values("--vary") == ("a=1", "b=2")


def test_an_empty_word_is_a_value_like_any_other() -> None:
    assert read(declared("record"), ["x", "--name", ""]).value("--name") == ""


def test_help_of_a_component_takes_its_name_with_it() -> None:
    fit = declared("fit")
    assert read(fit, ["--model.decoder.help", "FPN"]).component == ("--model.decoder.help", "FPN")
    assert read(fit, ["--model.decoder.help=FPN"]).component == ("--model.decoder.help", "FPN")
    assert read(fit, ["-c", "x", "--model.decoder.help"]).component == ("--model.decoder.help",)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_may_stand_anywhere(verb: str, word: str) -> None:
    assert read(declared(verb), ["x", "--nonsense", word, "--format"]).wants_help


@pytest.mark.parametrize("verb", VERBS)
def test_an_option_of_another_verb_is_an_error_that_names_it_and_who_takes_it(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = [name for name in NAMES if declared(verb).option(name) is None]
    for number, name in enumerate(foreign, start=list(VERBS).index(verb)):  # each form with each name, of some verb
        takers = [other for other in VERBS if declared(other).option(name) is not None]
        words = ([name], [name, "x"], [f"{name}=x"], ["x.yaml", name, "x"])[number % 4]
        assert main([verb, *words]) == 2
        message = capsys.readouterr().err
        assert name in message
        if "takes files without" not in message and f"{verb} has no option {name}, it is --" not in message:
            assert f"{verb} has no option {name}; " in message
            assert all(re.search(rf"\b{other}\b", message) for other in takers)


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_read_in_every_spelling_and_its_mistakes_are_told(verb: str) -> None:
    for option in declared(verb).options:
        _check_option(verb, option)


def _check_option(verb: str, option: Option) -> None:
    names = [name for name in (option.name, option.short) if name]
    if not option.value:
        assert "takes no value, got 'x'" in _error(verb, f"{option.name}=x")
        return
    value = option.choices[0] if option.choices else "x"
    kinds = declared(verb).kinds if declared(verb).least else ()
    fitting = [(option.kind or kinds[0]).split()[0]] if kinds else ["a", "b"][: declared(verb).least]
    for name in names:
        for words in ([name, value], [f"{name}={value}"]):
            assert read(declared(verb), [*fitting, *words]).values(option.name) == (value,)
        assert f"{name} needs a value" in _error(verb, name)
        assert f"{name} needs a value" in _error(verb, name, "--help-me")
    if not option.repeats:
        other = option.choices[-1] if option.choices else "y"
        assert f"{option.name} is given twice" in _error(verb, option.name, value, option.name, other)
    if option.choices:
        assert f"{option.name} got 'nothing'" in _error(verb, option.name, "nothing")


@pytest.mark.parametrize(
    ("verb", "words", "message"),
    [
        ("show", ["--formt", "json"], r"no option --formt \(did you mean '--format'\?\)"),
        ("check", ["--formt", "json"], r"no option --formt \(did you mean '--format'\?\)"),
        ("diff", ["--format", "jsn"], r"--format got 'jsn' \(did you mean 'json'\?\)"),
        ("verify", [], "verify needs RUN, the folder of a run: python -m segcli verify RUN"),
        ("verify", ["a", "b"], "verify takes RUN, the folder of a run, got 2: a, b"),
        ("fit", ["-c", "x.yaml", "--trainer.max_epochs"], "trainer.max_epochs: has no value"),
        (
            "fit",
            ["-c", "x.yaml", "--frobnicate", "1"],
            "fit has no option --frobnicate; a key of an experiment is typed",
        ),
    ],
)
def test_mistakes_are_explained(verb: str, words: list[str], message: str) -> None:
    assert re.search(message, _error(verb, *words))


def test_all_mistakes_are_told_at_once() -> None:
    assert _error("diff", "a", "b", "--al", "--format", "x", "--git").count("error:") == 3
