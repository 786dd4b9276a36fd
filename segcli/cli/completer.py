"""What may stand next on a command line, for the shell's completion. Free of torch."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from segcli.cli.verb import CHECKPOINT, CONFIG, Verb
from segcli.cli.verbs import VERBS, declared

if TYPE_CHECKING:
    from segcli.cli.completed_keys import CompletedKeys

WORD, FILES, FOLDERS = "word", "files", "folders"
"""Kinds of candidates: the word itself, or whatever files or folders begin as it was typed."""
_RUNS = "*/*/config.yaml"
_CHECKPOINTS = "*/*/checkpoints/*.ckpt"
_OF_A_FOLDER = ("new", "evaluate")
"""Verbs whose word is a folder of any kind."""
_MOST = 500


class Candidate(NamedTuple):
    """One word that may stand next.

    Attributes:
        text: The word.
        about: What it is, in a few words.
        kind: :data:`WORD`, :data:`FILES` or :data:`FOLDERS`.
    """

    text: str
    about: str = ""
    kind: str = WORD


def candidates(words: Sequence[str], start: str) -> list[Candidate]:
    """Return what may stand next: words that begin so, else the files or folders that a shell is to complete.

    Args:
        words: What was typed after the program's name, without the word that is being typed.
        start: The beginning of that word, which may be empty.
    """
    if not words:
        found: Iterable[Candidate] = (Candidate(name, about) for name, about in VERBS.items())
    elif words[0] in VERBS:
        found = _Line(declared(words[0]), words[1:]).candidates(start)
    else:
        found = ()
    possible = list(found)
    fitting = [each for each in possible if each.kind == WORD and each.text.startswith(start)]
    return fitting[:_MOST] or [each for each in possible if each.kind != WORD][:1]


class _Line:
    """The line of one verb, of which the last word is being typed.

    Args:
        verb: What it declares.
        words: What stands between the verb and that word.
    """

    def __init__(self, verb: Verb, words: Sequence[str]) -> None:
        self._verb, self._words = verb, list(words)

    def candidates(self, start: str) -> Iterator[Candidate]:
        name, equals, _ = start.partition("=")
        if equals and name.startswith("-"):
            yield from (each._replace(text=f"{name}={each.text}") for each in self._values(name))
        elif self._words and self._expects_value(self._words[-1]):
            yield from self._values(self._words[-1])
        elif start.startswith("-"):
            yield from (Candidate(each, (self._verb.option(each) or CONFIG).help) for each in self._verb.names())
            yield Candidate("--help", "arguments and examples")
            if self._verb.overrides:
                yield from (Candidate(f"--{key}", about) for key, about in self._keys)
        else:
            yield from self._free_words()

    def _expects_value(self, word: str) -> bool:
        option = self._verb.option(word)
        if option is not None:
            return bool(option.value or option.choices)
        return self._verb.overrides and word.startswith("--") and "=" not in word

    def _values(self, name: str) -> Iterator[Candidate]:
        option = self._verb.option(name)
        if option is None:
            yield from (_value(text) for text in self._keys.values(name.removeprefix("--")))
        elif option.name == CONFIG.name:
            yield from _experiments()
        elif option.name == CHECKPOINT.name:
            yield from (Candidate(str(path)) for path in _below_runs(_CHECKPOINTS))
        else:
            yield from (Candidate(choice) for choice in option.choices)
        if option is not None and option.value in ("FILE", "DIR", "FOLDER"):
            yield Candidate("", kind=FILES if option.value == "FILE" else FOLDERS)

    def _free_words(self) -> Iterator[Candidate]:
        typed = [word for word in self._words if not word.startswith("-")]
        if self._verb.kinds:
            yield from (Candidate(kind) for kind in (self._verb.kinds if not typed else ()))
        elif self._verb.name == "list":
            yield from (Candidate(name) for name in _listed(typed))
        elif self._verb.name == "why" and typed:
            yield from (Candidate(key, about) for key, about in self._keys)
        elif self._verb.name in _OF_A_FOLDER:
            yield Candidate("", kind=FOLDERS)
        elif self._verb.words:
            yield from (Candidate(str(path.parent), "a run") for path in _below_runs(_RUNS))
            yield from () if "RUN" in self._verb.words else _experiments()
            yield Candidate("", kind=FILES)

    @cached_property
    def _keys(self) -> "CompletedKeys":
        from segcli.cli.completed_keys import CompletedKeys  # which composes: where keys are asked for only
        from segcli.config.extends import PRESET

        files = [word for word in self._words if Path(word).suffix in (".yaml", ".yml") or word.startswith(PRESET)]
        return CompletedKeys(files, self._overrides())

    def _overrides(self) -> list[str]:
        """Return the ``--key value`` arguments that are whole."""
        words, found = iter(self._words), list[str]()
        for word in words:
            option = self._verb.option(word.partition("=")[0])
            value = [] if "=" in word or (option is not None and not option.value) else [*islice(words, 1)]
            if option is None and word.startswith("--") and ("=" in word or value):
                found += [word, *value]
        return found


def _value(text: str) -> Candidate:
    return Candidate(text) if text else Candidate("", kind=FILES)


def _experiments() -> Iterator[Candidate]:
    """Yield experiments in the usual places, and the names of presets."""
    for folder in (Path(), Path("experiments")):
        yield from (Candidate(str(path)) for path in sorted(folder.glob("*.yaml")))
    from segcli.config.extends import preset_names
    from segcli.config.library import installed

    yield from (Candidate(name, "a preset") for name in preset_names(installed()))


def _listed(typed: Sequence[str]) -> Iterable[str]:
    """Return what can be listed, or of that the names."""
    from segcli.cli.completed_keys import members
    from segcli.config.catalogue import LISTED

    return members(typed[0]) if typed else LISTED


def _below_runs(pattern: str) -> list[Path]:
    """Return files of runs below the working directory, the newest first."""
    return sorted(Path("runs").glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
