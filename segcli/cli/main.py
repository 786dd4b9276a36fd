"""The command ``segcli``: find the verb, run it, say what went wrong."""

import errno
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import segcli
from segcli import registry
from segcli.cli.completion import VARIABLE, complete
from segcli.cli.error_report import report_error, was_reported
from segcli.cli.verbs import OTHER_NAMES, VERBS, declared
from segcli.config import trust
from segcli.config.errors import TRACEBACK, ConfigError, Problem, did_you_mean, shown
from segcli.config.home import words_from_home
from segcli.config.output import accept_every_character, say, say_text
from segcli.processes import is_first_process
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

USAGE = """usage: {program} VERB ...

{verbs}

{program} VERB --help shows arguments and examples; --version shows the version.
"""
USER_ERROR = 2
_OF_FILES = {errno.ENAMETOOLONG: "; shorten it", errno.EACCES: "; it belongs to somebody else: ask for the right to it"}
_VERSION = ("version", "-v")


def main(argv: list[str] | None = None) -> int:
    """Run one command line.

    Args:
        argv: The words after the program's name; None takes those of the process.

    Returns:
        0, or 2 for a mistake of the user, which was printed to standard error.
    """
    accept_every_character()
    if argv is None and (instruction := os.environ.get(VARIABLE)):
        complete(instruction)
        return 0
    words = words_from_home(sys.argv[1:] if argv is None else argv)
    here = str(Path.cwd())
    if here not in sys.path and trust.FLAG not in words:  # a user's own modules, also for the console script
        sys.path.insert(0, here)
    if words[:1] == ["help"]:
        words = [*(word for word in words[1:2] if word in VERBS), "--help"]
    if not words or words[0] in ("-h", "--help", "--version"):
        say_text(segcli.__version__ if words[:1] == ["--version"] else _usage())
        return 0
    try:
        code = _dispatch(words[0], words[1:])
        sys.stdout.flush()
        return code
    except RuntimeError as error:
        if not was_reported(error):  # else the connection broke, since another process ended with an error
            raise
        return USER_ERROR
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ConfigError, UnicodeEncodeError, OSError) as error:
        message = _mistake(error)
        if message is None:
            raise
        report_error(message)
        return USER_ERROR


def _usage() -> str:
    return USAGE.format(program=program(), verbs="\n".join(f"  {verb:11}{what}" for verb, what in VERBS.items()))


def _dispatch(verb: str, words: list[str]) -> int:
    if verb not in VERBS:
        raise _unknown_verb(verb, words)
    from segcli.cli.command_line import read

    typed = read(declared(verb), words)
    if typed.component:
        from segcli.cli.component_help import component_help

        say_text(component_help(*typed.component))
        return 0
    if typed.wants_help:
        say_text(typed.verb.help())
        return 0
    with trust.limited(_is_limited(typed)):
        try:
            return int(importlib.import_module(f"segcli.cli.{verb}").run(typed))
        finally:
            _warn_of_plug_ins()


def _warn_of_plug_ins() -> None:
    if is_first_process():
        for fault in registry.FAULTS:
            say(f"warning: {fault}", file=sys.stderr)


def _mistake(error: ConfigError | UnicodeEncodeError | OSError) -> str | None:
    """Return what to tell the user; None for an error of the program."""
    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):  # of the name of a file: what is printed is escaped
        return str(ConfigError([Problem(_not_in_encoding(error))]))
    if error.filename is None or os.environ.get(TRACEBACK):
        return None
    # a name that is too long, or in a folder that may not be read, fails already where it is asked whether it exists
    reason = f"{error.strerror}{_OF_FILES.get(error.errno or 0, '')}"
    return str(ConfigError([Problem(f"cannot use {shown(str(error.filename))}: {reason}")]))


def _not_in_encoding(error: UnicodeEncodeError) -> str:
    advice = "rename it" if error.encoding == "utf-8" else "set PYTHONUTF8=1, or LC_ALL=C.UTF-8"
    return f"{error.object!r} cannot be written in the encoding {error.encoding}; {advice}"


def _is_limited(typed: "Typed") -> bool:
    """Return whether what is read may be a stranger's: where that is said, and in reviews unless the contrary is."""
    if typed.verb.option(trust.FLAG) is None:
        return False
    is_review = typed.verb.option("--git") is not None and typed.value("--git") is not None
    return typed.has(trust.FLAG) or (is_review and not typed.has(trust.OWN_CODE))


def _unknown_verb(word: str, words: list[str]) -> ConfigError:
    """Return what is wrong with the first word, with the line that was meant where that is known."""
    from segcli.cli.command_line import corrected
    from segcli.cli.misread import correction

    verb = OTHER_NAMES.get(word.lower().replace("-", "_"), word.lower())
    if word.lower() in _VERSION:
        return ConfigError([Problem(f"no verb {word!r}\n{correction('--version', ())}")])
    if word.startswith("-"):
        verb = next((each for each in words if each in VERBS), "")
        words = [word, *(each for each in words if each != verb)]
        message, options = f"the verb comes first, got {word}", tuple(VERBS)
    elif verb in VERBS:
        message, options = f"no verb {word!r}; it is {verb}: {VERBS[verb]}", ()
    else:
        message, options = f"no verb {word!r}{did_you_mean(word, VERBS)}\n  verbs: {', '.join(VERBS)}", ()
    better = corrected(declared(verb), words or ["--help"]) if verb in VERBS else None
    line = "" if better is None else f"\n{correction(*better)}"
    return ConfigError([Problem(f"{message}{line}", options=options)])
