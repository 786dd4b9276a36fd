"""``--vary key=value,value``: what is varied, and every combination of it."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from segcli.config.component import flat_key
from segcli.config.errors import ConfigError, Problem

Settings = tuple[tuple[str, str], ...]
"""Keys and the YAML text of their values, as ``(("model.decoder", "UNet"), ("seed_everything", "1"))``."""
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_QUOTES = "'\""


def parse_variations(words: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each key, both in the order typed.

    Args:
        words: What followed each ``--vary``, as ``model.decoder=UNet,FPN``.

    Raises:
        ConfigError: For every one that is not of that form, or names a key or a value twice.
    """
    found: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for word in words:
        key, equals, text = word.partition("=")
        key = flat_key(key.removeprefix("--"))
        if not equals or not key:
            problems.append(Problem(f"--vary got {word!r}, expected KEY=VALUE,VALUE as in model.decoder=UNet,FPN"))
        elif key in found:
            problems.append(Problem(f"--vary got {key} twice; write its values after one: --vary {key}=A,B"))
        else:
            found[key], mistakes = _values(key, text)
            problems += mistakes
    if problems:
        raise ConfigError(problems)
    return found


def split_values(text: str) -> list[str]:
    """Split at the commas outside of brackets, braces and quotes.

    Raises:
        ValueError: If one of those is not closed, or closed without having been opened.
    """
    parts, open_ones, quote = [""], list[str](), ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in _QUOTES and (not parts[-1].strip() or parts[-1].rstrip()[-1] in ",:[{("):
            quote = char  # elsewhere it is an apostrophe
        elif char in _CLOSING:
            open_ones.append(_CLOSING[char])
        elif char in _CLOSING.values() and (not open_ones or open_ones.pop() != char):
            raise ValueError(f"has a {char!r} that closes nothing")
        elif char == "," and not open_ones:
            parts.append("")
            continue
        parts[-1] += char
    if quote or open_ones:
        raise ValueError(f"lacks a {quote or open_ones[-1]!r}")
    return [part.strip() for part in parts]


def combinations(variations: Mapping[str, Sequence[str]]) -> Iterator[Settings]:
    """Yield every combination, the last key's values changing fastest."""
    for values in itertools.product(*variations.values()):
        yield tuple(zip(variations, values, strict=True))


def as_words(settings: Settings) -> list[str]:
    """Return settings as overrides of a command line."""
    words = []
    for key, text in settings:
        words += [f"--{key}={text}"] if text.startswith("-") else [f"--{key}", text]
    return words


def _values(key: str, text: str) -> tuple[list[str], list[Problem]]:
    try:
        values = split_values(text)
    except ValueError as error:
        return [], [Problem(f"--vary {key} got {text!r}, which {error}")]
    if not all(values):
        return [], [Problem(f"--vary {key} got an empty value in {text!r}; write null for none")]
    twice = sorted({value for value in values if values.count(value) > 1})
    return values, [Problem(f"--vary {key} got {value} twice") for value in twice]
