"""Advice for a command line, as one follows it in Python."""

import re

from segcli.program import program

_KEY_AND_VALUE = r"--(\w+(?:\.\w+)+)(?: ([^\s,;()]+?)(?=[.,;)]*(?:\s|$)))?"
_OVERRIDES = re.compile(rf"{_KEY_AND_VALUE}(?: {_KEY_AND_VALUE})*")
_NUMBER = re.compile(r"[-+]?[\d.]+(?:e[-+]?\d+)?", re.IGNORECASE)
_PLAIN = {"true": "True", "false": "False", "null": "None"}


def in_python(text: str) -> str:
    """Return a message with arguments and overrides in place of options; a whole command line of another verb stays.

    ``--a.b 1`` becomes ``"a.b": 1``, as in ``overrides``.
    """
    command = re.escape(program())
    resumed = rf"(?:{command} )?fit --ckpt_path (?!last\b)(\S+)"
    text = re.sub(rf"{resumed} --run\.name NAME", r'segcli.fit(checkpoint="\1", overrides={"run.name": NAME})', text)
    text = re.sub(resumed, r'segcli.fit(checkpoint="\1")', text)
    parts = re.split(rf"({command} [^\n;]*)", text)
    return "".join(part if index % 2 else _translated(part) for index, part in enumerate(parts))


def _translated(text: str) -> str:
    for typed, here in _ARGUMENTS.items():
        text = re.sub(typed, here, text)
    return _OVERRIDES.sub(lambda found: ", ".join(map(_override, re.finditer(_KEY_AND_VALUE, found[0]))), text)


def _override(found: re.Match[str]) -> str:
    return found[1] if found[2] is None else f'"{found[1]}": {_value(found[2])}'


def _value(text: str) -> str:
    """Return a word as Python writes it; one in capitals stands for what is to be given."""
    is_as_it_is = _NUMBER.fullmatch(text) or text.isupper() or text[0] in "\"'"
    return text if is_as_it_is else _PLAIN.get(text, f'"{text}"')


_ARGUMENTS = {
    r"(?:add )?--force\b": "force=True",
    r"--at (\w+)": r'at="\1"',
    r"--group '([^']*)'": r'group="\1"',
    r"--group\b": "group",
    r"--all\b": "show_all=True",
    r"(?:add )?--pattern '([^']*)'": r'pattern="\1"',
    r"--others CLASS": "others=CLASS",
    r"--values (classes|masks)": r'values="\1"',
    r"--(pattern|others|values)\b": r"\1",
    r"--format json, or --html FILE": ".pairs, or .page(FILE)",
    r"--key value, for switches --key true": '{"key": value}',
    r"--key value, files are -c FILE": 'overrides={"key": value}',
    r"--key value": "overrides",
    r"-c FILE can be given several times": "several files can be given",
    r"-c FILE": "as a file or a mapping",
    r"without -c\b": "without an experiment",
    r"with -c\b": "as well",
    r"--ckpt_path takes": "checkpoint takes",
    r"--ckpt_path ([\w./]+)": r'checkpoint="\1"',
    r"--ckpt_path\b": "checkpoint",
}
"""Options and what they are in Python, longer ones first."""
