"""Tell what the user's own components raise: what, and in which line of which file."""

import sys

from segcli.config.compose import Experiment
from segcli.config.errors import TRACEBACK, ConfigError, Problem
from segcli.config.foreign import find_foreign
from segcli.experiment.errors.origin import OwnLine, own_line


def from_own_code(error: Exception, experiment: Experiment | None) -> ConfigError | None:
    """Return what a class or function of the user's own raised, with its line; None if they had no part in it."""
    found = own_line(error)
    if found is None:
        return None
    message = f"{found.function} raised {found.raised}; {TRACEBACK}=1 shows the traceback"
    return ConfigError([Problem(message, _key(found, experiment), found.source)])


def _key(found: OwnLine, experiment: Experiment | None) -> str:
    """Return the key under which the experiment names what stands in a file; nothing if several might be meant."""
    named = {}
    for each in find_foreign(experiment) if experiment is not None else ():
        module, _, name = each.name.replace(":", ".").rpartition(".")
        if each.is_class and getattr(sys.modules.get(module), "__file__", None) == str(found.file):
            named[each.key] = name
    own = [key for key, name in named.items() if name == found.function.partition(".")[0]]
    keys = own or list(named)
    return keys[0] if len(keys) == 1 else ""
