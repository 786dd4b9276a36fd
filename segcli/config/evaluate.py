"""Texts that OmegaConf evaluates: what is around the references of an interpolation, such as ``${oc.env:NAME}``.

Imported is OmegaConf with the first text that needs it, since most experiments have none.
"""

import os
import re
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from segcli.config.errors import shorten, shown
from segcli.config.references import NUMBERED

if TYPE_CHECKING:
    from omegaconf import OmegaConf

_TREE_READERS = re.compile(r"\$\{\s*oc\.(select|deprecated|dict\.keys|dict\.values):")


class UnresolvedError(Exception):
    """A text cannot be resolved. Without a reason, what it refers to cannot, which was reported there."""


@dataclass
class _Reading:
    """What one text reads from the environment.

    Attributes:
        names: Variables that were asked for.
        missing: One that is not set and has no default; empty if there is none.
    """

    names: list[str] = field(default_factory=list)
    missing: str = ""


_READING: ContextVar[_Reading | None] = ContextVar("reading", default=None)


def evaluated(
    template: str, written: str, key: str, text: Callable[[int], str], read: Callable[[str, object], object]
) -> tuple[object, list[str]]:
    """Return the value of a text, and the environment variables that were read.

    Args:
        template: The text, its references cut out and numbered.
        written: The text as it was written, for messages.
        key: Where it stands, for messages.
        text: Returns what stands in a hole.
        read: Returns the plain value at a key, or a default where it is not set.

    Raises:
        UnresolvedError: If it has none.
    """
    from omegaconf.errors import OmegaConfBaseException

    omega = _omegaconf()
    what, reading = f"{shown(written)} is no interpolation", _Reading()
    token = _READING.set(reading)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # OmegaConf's, of empty arguments
            config = omega.create({"value": "", "text": text, "read": read}, flags={"allow_objects": True})
            config["value"] = _TREE_READERS.sub(r"${segcli.\1:", NUMBERED.sub(r"${segcli.text:\1}", template))
            what = f"cannot resolve {shown(written)}"
            value = config["value"]
            return omega.to_container(value, resolve=True) if omega.is_config(value) else value, reading.names
    except (OmegaConfBaseException, ValueError, RecursionError) as error:
        if name := reading.missing:
            how = f"export {name}=..., or give the value itself: --{key} VALUE"
            raise UnresolvedError(f"needs the environment variable {name}, which is not set; {how}") from None
        outer, _, inner = _first_line(error).partition("while resolving interpolation: ")
        reason = (inner or outer).strip('"')
        raise UnresolvedError(f"{what}: {reason}") from None
    finally:
        _READING.reset(token)


def _first_line(error: Exception) -> str:
    return shorten((str(error).splitlines() or [type(error).__name__])[0])


@cache
def _omegaconf() -> "type[OmegaConf]":
    """Return OmegaConf, which reads the tree and the environment through this module."""
    from omegaconf import OmegaConf
    from omegaconf.resolvers import oc

    def env(name: str, *default: object) -> str | None:
        """Read an environment variable as ``oc.env`` does, and take note of it."""
        reading = _READING.get()
        if reading is not None:
            reading.names.append(name)
            reading.missing = "" if default or name in os.environ else name
        return oc.env(name, *default)

    register = getattr(OmegaConf, "register_resolver", OmegaConf.register_new_resolver)  # renamed in OmegaConf 2.4
    register("oc.env", env, replace=True)
    register("segcli.text", lambda index, *, _root_: _root_["text"](index), replace=True)
    register("segcli.select", lambda key, default=None, *, _root_: _root_["read"](key, default), replace=True)
    register("segcli.deprecated", lambda key, *_, _root_: _root_["read"](key, None), replace=True)
    register("segcli.dict.keys", lambda key, *, _root_: list(_root_["read"](key, {})), replace=True)
    register("segcli.dict.values", lambda key, *, _root_: list(_root_["read"](key, {}).values()), replace=True)
    return OmegaConf
