"""Experiments as no one would write them: shipped ones, changed at random in bytes, tokens, structure and types."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

SOURCES = sorted((Path(__file__).parent.parent / "experiments").glob("*.yaml"))
SOURCES += sorted((Path(__file__).parent.parent / "segcli").glob("**/*.yaml"))
WORDS = ["null", "~", "", "[]", "{}", "!del", "!replace {}", "!!python/object:os.system x", "*a", "&a 1", "<<", "-1"]
WORDS += [
    ".nan",
    ".inf",
    "-.inf",
    "9" * 400,
    "0x" + "f" * 300,
    "1e999",
    "true",
    "'",
    '"',
    "|",
    ">",
    "@",
    "`",
    "%",
    "\t",
]
WORDS += ["${", "${vars.a}", "${x}", "${.a}", "${oc.env:NO_SUCH}", "${oc.decode:'[1'}", "${oc.create:[1,2]}", "é\u2028"]
WORDS += ["x" * 5000, "os.system", "torch.nn.Linear", "segcli:adamw_poly", "/etc/passwd", "../..", "\x00", "\x1b[31m"]
VALUES: list[Any] = [None, True, -1, 0, 10**240, 0.5, float("nan"), float("inf"), "", "x", "${vars.a}", "a.b", "!del"]
VALUES += [[], {}, [[]], [None], {"a": None}, {"class_path": "x"}, {"class_path": None}, {"class_path": ["FPN"]}]
VALUES += [{"init_args": 3}, {"init_args": {"class_path": "FPN"}}, {"extends": 3}, {"extends": [None]}, {0: 1}, {"": 1}]
VALUES += [[{"class_path": "FPN"}], {"class_path": "FPN", "init_args": []}, ["FPN"], {"class_path": "os.system"}]


def mangled(number: int) -> tuple[str, bytes]:
    """Return name and content of one file; the same ones for the same number."""
    rng = random.Random(number)
    source = rng.choice(SOURCES)
    text = source.read_text()
    way = rng.choice([_bytes, _tokens, _lines, _structure, _structure, _structure, _encoding, _nested, _aliases])
    content = way(text, rng)
    return f"{source.stem}_{number}.yaml", content


def _bytes(text: str, rng: random.Random) -> bytes:
    data = bytearray(text.encode())
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data))
        data[at : at + rng.randint(0, 2)] = rng.randbytes(rng.randint(0, 3))
    return bytes(data)


def _tokens(text: str, rng: random.Random) -> bytes:
    tokens = re.split(r"(\s+|[\[\]{},:])", text)
    for _ in range(rng.randint(1, 3)):
        tokens[rng.randrange(len(tokens))] = rng.choice(WORDS)
    return "".join(tokens).encode()


def _lines(text: str, rng: random.Random) -> bytes:
    lines = text.splitlines(keepends=True)
    for _ in range(rng.randint(1, 4)):
        change: Callable[[], None] = rng.choice([
            lambda: lines.pop(rng.randrange(len(lines))) and None,
            lambda: lines.insert(rng.randrange(len(lines)), rng.choice(lines)),
            lambda: lines.insert(rng.randrange(len(lines)), " " * rng.randint(0, 6) + f"{rng.choice(WORDS)}: 1\n"),
            lambda: rng.shuffle(lines),
        ])  # fmt: skip
        if len(lines) > 1:
            change()
    return "".join(lines).encode()


def _structure(text: str, rng: random.Random) -> bytes:
    plain = re.sub(r"!(del|replace)", "", text)
    tree = yaml.safe_load(plain) or {}
    for _ in range(rng.randint(1, 3)):
        holder: Any = tree
        while isinstance(holder, dict | list) and holder:
            key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
            if rng.random() < 0.4 or not isinstance(holder[key], dict | list):
                value = rng.choice([*VALUES, holder[key], [holder[key]], {"a": holder[key]}])
                holder[key] = value
                if isinstance(holder, dict) and rng.random() < 0.3:
                    name: Any = rng.choice([f"{key}+", f"{key}x", "class_path", "extends", "vars", "defaults", 3, None])
                    holder[name] = holder.pop(key)
                break
            holder = holder[key]
    return yaml.safe_dump(tree, sort_keys=False).encode()


def _encoding(text: str, rng: random.Random) -> bytes:
    kind = rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "utf-7"])
    return text.replace("e", rng.choice("eé"), 3).encode(kind)


def _nested(text: str, rng: random.Random) -> bytes:
    depth = rng.choice([3, 30, 63, 64, 65, 90, 700, 20_000])
    opening, closing = rng.choice([("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("${", "}")])
    at = rng.choice(["vars: {a: %s}\n", "model: {decoder: %s}\n", "data: %s\n", "trainer: {callbacks: %s}\n"])
    return (text + at.replace("%s", opening * depth + closing * rng.choice([depth, 0]))).encode()


def _aliases(text: str, rng: random.Random) -> bytes:
    lines = [f"  a0: &a0 {rng.choice(['[x, x]', '{x: 1}', 'x'])}"]
    again = rng.choice(["[*@, *@]", "{<<: [*@, *@]}", "{a: *@, b: *@}", "'${vars.@}${vars.@}'", "'${vars.@}'"])
    lines += [f"  a{i}: &a{i} {again.replace('@', f'a{i - 1}')}" for i in range(1, rng.choice([2, 9, 40, 150]))]
    return (text + "vars:\n" + "\n".join(lines) + "\nrun: {name: '${vars.a1}'}\n").encode()
