import pytest

from segcli.cli.verb import FORMAT, WIDTH, Option, Verb
from segcli.cli.verbs import VERBS, declared

MADE = Verb(
    "make",
    "Make something.",
    ("A B", "--from X"),
    (Option("--from", "where it comes from", "X"), FORMAT, Option("--all", "all of it", short="-a")),
    ("a b", ("--from x", "from there")),
    "Exit code: 0.",
)


def test_help_is_made_of_the_declaration() -> None:
    assert (
        MADE.help()
        == """usage: python -m segcli make A B [--format FORMAT] [-a]
       python -m segcli make --from X [--format FORMAT] [-a]

Make something.

  --from X         where it comes from
  --format FORMAT  text (default), markdown or json
  -a               all of it

  python -m segcli make a b
  python -m segcli make --from x  from there

Exit code: 0.
"""
    )


def test_an_option_is_found_by_both_names() -> None:
    assert MADE.option("-a") is MADE.option("--all") is not None
    assert MADE.option("--none") is None
    assert MADE.names() == ("--from", "--format", "-a", "--all")


@pytest.mark.parametrize("name", VERBS)
def test_help_of_every_verb_shows_each_option_within_the_width(name: str) -> None:
    verb = declared(name)
    assert verb.name == name
    text = verb.help()
    usage = " ".join(text.partition("\n\n")[0].split())
    assert all(option.shown in usage and f"\n  {option.shown}" in text and option.help for option in verb.options)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert ("[--key value ...]" in usage) == verb.overrides
    assert len({name for option in verb.options for name in (option.name, option.short) if name}) == len(verb.names())
