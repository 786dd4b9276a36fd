"""What a user may have meant by an argument that a verb does not take, and how it is typed."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segcli.cli.known_keys import KnownKeys
from segcli.cli.verb import CHECKPOINT, CONFIG, Verb
from segcli.cli.verbs import VERBS, declared, that_take, that_take_overrides
from segcli.config.errors import Problem, did_you_mean
from segcli.config.overrides import take_override
from segcli.program import program
from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_passport import FINISHED, passport_of

_PRINT = "--print_config"
NEGATIONS = ("no-", "no_")
_OTHER_OPTIONS = {
    **dict.fromkeys(("--cfg", "--conf", "--config_file", "--config_path", "--config_name", "--experiment"), "--config"),
    **dict.fromkeys(("--ckpt", "--checkpoint", "--checkpoint_path", "--resume", "--resume_from"), "--ckpt_path"),
    **dict.fromkeys(("--resume_from_checkpoint", "--load_from", "--model_path", "--ckpt_file"), "--ckpt_path"),
}
_YAML = (".yaml", ".yml")


@dataclass(frozen=True)
class Meaning:
    """What is wrong with an argument, and what should stand in its place.

    Attributes:
        problem: What is wrong.
        words: What should be typed instead; None where that is not known.
        verb: The verb that takes it, where that is another.
    """

    problem: Problem
    words: tuple[str, ...] | None = None
    verb: str = ""


class Misreader:
    """Finds what was meant, given all that was typed.

    Args:
        verb: The verb.
        line: What follows it.
    """

    def __init__(self, verb: Verb, line: Sequence[str]) -> None:
        self._verb, self._keys = verb, KnownKeys(line)

    def without_value(self, key: str) -> tuple[str, ...] | None:
        """Return what to type for an override that lacks its value: of a switch, that it is on."""
        return (f"--{key}", "true") if self._keys.is_switch(key) else None

    def unknown_option(self, rest: list[str]) -> Meaning:
        """Explain an option that the verb does not take.

        Args:
            rest: What is left of the command line; the option, and its value if it has one, are taken off.
        """
        verb, word = self._verb.name, rest[0]
        name, value, joined = _take(rest)
        own = _option_meant(self._verb, name)
        if own is not None:
            problem = Problem(f"{verb} has no option {name}, it is {own[0]}", options=self._own())
            option = self._verb.option(own[0])
            if option is not None and not option.value and value is not None:
                rest[:0] = [] if joined else [value]
                value = None
            return Meaning(problem, own if value is None else (*own, value))
        if name == "--version":
            return Meaning(Problem(f"{verb} has no option {name}\n{correction(name, ())}"))
        if name.startswith(_PRINT):
            if not joined and value is not None:
                rest.insert(0, value)
            problem = Problem(f"{verb} has no option {_PRINT}; {program()} show prints an experiment with every value")
            return Meaning(problem, ("--resolved",) if verb != "show" else (), "show")
        if "." in name and not self._verb.overrides:
            return self._override(name, value)
        takers = [other for other in that_take(_long(name)) if other != verb]
        if takers:
            if value is not None and not joined and not _needs_value(takers[0], _long(name)):
                rest.insert(0, value)
                value = None
            return self._of_others(_long(name), value, takers)
        if self._verb.overrides and word.startswith("-"):
            return self._key(name, value)
        return Meaning(Problem(f"{verb} has no option {name}{did_you_mean(name, self._own())}", options=self._own()))

    def surplus_word(self, words: Sequence[str]) -> Meaning:
        """Explain a word that stands by itself where the verb takes no more of them.

        Args:
            words: All words so far, this one last.
        """
        verb, word = self._verb, words[-1]
        key = word.partition("=")[0].lstrip("+~")
        if verb.overrides and "=" in word and (len(self._keys.meant_by(key)) == 1 or "." in key):
            name = key if "." in key else self._keys.meant_by(key)[0]
            problem = Problem(f"{verb.name} got {word!r}; overrides are --key value")
            return Meaning(problem, (f"--{name}={word.partition('=')[2]}",))
        meaning = self._file(Path(word))
        if meaning is not None:
            return meaning
        if verb.words:
            got = ", ".join(words)
            return Meaning(Problem(f"{verb.name} takes {verb.words}, got {len(words)}: {got}"))
        return Meaning(Problem(f"{verb.name} does not take {word!r}{self._places(word)}", options=self._own()))

    def _places(self, word: str) -> str:
        """Say behind which options the verb takes files."""
        verb = self._verb
        if verb.option(CHECKPOINT.name) and verb.name != "fit":
            return f"; a checkpoint follows {CHECKPOINT.name}"
        return f"; files follow {CONFIG.short}" if verb.option(CONFIG.name) else ""

    def checkpoint(self, path: Path) -> Meaning | None:
        """Return what a word is that is a checkpoint or a run, where the verb takes a checkpoint behind an option."""
        if not self._verb.option(CHECKPOINT.name):
            return None
        if path.suffix == ".ckpt":
            problem = Problem(f"{self._verb.name} got {path}; a checkpoint follows {CHECKPOINT.name}")
            return Meaning(problem, (CHECKPOINT.name, str(path)))
        return self._run(RunFolder(path)) if (path / "config.yaml").is_file() else None

    def _file(self, path: Path) -> Meaning | None:
        """Return what a file or folder is to the verb."""
        verb, takes = self._verb, self._verb.option
        meaning = self.checkpoint(path)
        if meaning is not None:
            return meaning
        whole = Path(f"{path}.yaml")  # the shell completes names to where they differ
        path = whole if whole.is_file() and not path.exists() else path
        if takes(CONFIG.name) and (path.suffix in _YAML or (path / "config.yaml").is_file()):
            problem = Problem(f"{verb.name} got {path}; an experiment follows {CONFIG.short}")
            return Meaning(problem, (CONFIG.short, str(path)))
        return None

    def _run(self, run: RunFolder) -> Meaning:
        """Return what to do with a run that was named where a checkpoint should be."""
        message = f"{self._verb.name} got the run {run.path}"
        if self._verb.name == "fit" and passport_of(run).get("status") == FINISHED:
            return Meaning(Problem(f"{message}, which is finished; rerun repeats it"), (str(run.path),), "rerun")
        names = ("last.ckpt",) if self._verb.name == "fit" else ("best.ckpt", "last.ckpt")
        files = [run.checkpoints / name for name in names]
        file = next((file for file in files if file.is_file()), None)
        if file is None:
            return Meaning(Problem(f"{message}, which has no {files[0]}"))
        return Meaning(Problem(f"{message}; a checkpoint follows {CHECKPOINT.name}"), (CHECKPOINT.name, str(file)))

    def _override(self, name: str, value: str | None) -> Meaning:
        """Explain an override, or a component's help, to a verb that takes none."""
        verb = self._verb.name
        if name.endswith(".help"):
            words = (name,) if value is None else (name, value)
            return Meaning(Problem(f"{verb} has no option {name}; fit has"), words, "fit")
        takers = that_take_overrides()
        return Meaning(Problem(f"{verb} does not override experiments ({name}); {_listed(takers)} do"))

    def _of_others(self, name: str, value: str | None, takers: Sequence[str]) -> Meaning:
        """Explain an option that other verbs take; keys that end like it are shown."""
        verb = self._verb
        has = "has" if len(takers) == 1 else "have"
        problem = Problem(f"{verb.name} has no option {name}; {_listed(takers)} {has}", options=self._own())
        if name in (CONFIG.name, CONFIG.short) and "FILE" in "".join(verb.forms) and value is not None:
            return Meaning(replace(problem, message=f"{verb.name} takes files without {name}"), (value,))
        if name == CHECKPOINT.name and verb.words.startswith("RUN") and value is not None:
            run = RunFolder.of_checkpoint(Path(value))
            if run is not None:
                return Meaning(
                    replace(problem, message=f"{verb.name} takes the run itself, not {name}"), (str(run.path),)
                )
        keys = self._keys.meant_by(name.lstrip("-")) if verb.overrides else []
        return Meaning(replace(problem, options=tuple(f"--{key}" for key in keys) or problem.options))

    def _key(self, option: str, value: str | None) -> Meaning:
        """Explain an option that may stand for a key of the experiment."""
        verb, name = self._verb.name, option.lstrip("-")
        negated = next((name.removeprefix(start) for start in NEGATIONS if name.startswith(start)), None)
        if negated is not None and value is None:
            keys = [negated] if "." in negated else self._keys.meant_by(negated)
            name_, value = negated, "false"
        else:
            keys, name_ = self._keys.meant_by(name), name
        message = f"{verb} has no option {option}"
        if len(keys) == 1:
            key = keys[0]
            value = "true" if value is None and self._keys.is_switch(key) else value
            words = None if value is None else (f"--{key}={value}",) if value.startswith("-") else (f"--{key}", value)
            return Meaning(Problem(f"{message}, the key is --{key}"), words)
        if keys:
            return Meaning(Problem(f"{message}; several keys end so", options=tuple(f"--{key}" for key in keys)))
        own = self._own()
        hint = did_you_mean(f"--{name_}", own) or "; a key of an experiment is typed whole, as --trainer.max_epochs 3"
        return Meaning(Problem(f"{message}{hint}", options=own))

    def _own(self) -> tuple[str, ...]:
        return tuple(option.short or option.name for option in self._verb.options)


def correction(verb: str, words: Sequence[str]) -> str:
    """Return the line to try instead."""
    return f"  try: {program()} {shlex.join([verb, *words])}"


def _take(rest: list[str]) -> tuple[str, str | None, bool]:
    """Take an option off a command line; return its name, its value, and whether that was joined to it by ``=``."""
    word = rest[0]
    if word.startswith("--"):
        override = take_override(rest)
        return word.partition("=")[0], override.value, len(override.words) == 1
    rest.pop(0)
    name, equals, value = word.partition("=")
    if equals:
        return name, value, True
    return name, rest.pop(0) if rest and not rest[0].startswith("-") else None, False


def _option_meant(verb: Verb, name: str) -> tuple[str, ...] | None:
    """Return the verb's own option that a name is another spelling of, with a value that was joined to it."""
    plain = name.lstrip("-").replace("-", "_").lower()
    for option in verb.options:
        if option.name.lstrip("-").replace("-", "_") == plain or _OTHER_OPTIONS.get(f"--{plain}") == option.name:
            return (option.short or option.name,)
    short = verb.option(name[:2])
    if not name.startswith("--") and short is not None and short.value and Path(name[2:]).suffix in _YAML:
        return short.short, name[2:]
    return None


def _long(name: str) -> str:
    """Return how other verbs may declare a name."""
    spelled = name if name.startswith("--") or len(name) == len("-c") else f"-{name}"
    known = [option for each in VERBS for option in declared(each).names()]
    return next((each for each in known if each.replace("-", "_") == spelled.replace("-", "_")), spelled)


def _needs_value(verb: str, name: str) -> bool:
    option = declared(verb).option(name)
    return option is not None and bool(option.value)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
