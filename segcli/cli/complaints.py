"""Turn what jsonargparse, Lightning, torch and components complain about into short errors with a place."""

import re
from pathlib import Path

import segcli
from segcli.config.compose import Experiment
from segcli.config.errors import ConfigError, Problem
from segcli.config.node import dotted

PACKAGE = Path(segcli.__file__).parent
_KEY = re.compile(r'Parser key "([^"]+)"')
_CLASS_PATH = re.compile(r"class_path'?[=:] ?'([\w.]+)'")
_PYDANTIC = re.compile(r"validation errors? for|For further information")
_NOISE = ("Subtypes:", "Given value", "Errors:", "Does not validate against any", "Type <class")
_MAX_LENGTH = 400


def from_parser(error: Exception, experiment: Experiment) -> ConfigError:
    """Say which key jsonargparse did not accept, why, and where it was written."""
    text = str(error)
    key = ".".join(_KEY.findall(text)).replace(".init_args", "")
    lines = [line.strip().removeprefix("- ") for line in _KEY.split(text)[-1].lstrip(":").splitlines()]
    reasons = [line for line in lines if line and not line.startswith(_NOISE) and "NoneType" not in line]
    message = shorten("; ".join(dict.fromkeys(reasons)) or text)
    return ConfigError([Problem(message, key, experiment.source(key) if key else None)])


def is_ours(error: Exception) -> bool:
    """Return whether a line of segcli raised it: then it is worded for the user, and no bug."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and Path(trace.tb_frame.f_code.co_filename).is_relative_to(PACKAGE)


def from_component(error: Exception, experiment: Experiment) -> ConfigError:
    """Pass on what a constructor or a Lightning check said about its arguments, and where it was written if known."""
    chain: list[BaseException] = [error]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    if "Does not validate" not in str(error):
        return ConfigError([Problem(shorten(str(error)))])
    # jsonargparse wraps what a nested class said once per level; the class stands in the innermost wrapping
    reason = "; ".join(line.strip() for line in str(chain[-1]).splitlines() if not _PYDANTIC.search(line))
    classes = [found for wrapped in chain for found in _CLASS_PATH.findall(str(wrapped))]
    name = classes[-1].rpartition(".")[2] if classes else ""
    for path, node in experiment.root.leaves():
        if path[-1] == "class_path" and str(node.value).rpartition(".")[2] == name:
            return ConfigError([Problem(shorten(f"{name}: {reason}"), dotted(path[:-1]), node.source)])
    return ConfigError([Problem(shorten(reason))])


def from_data(error: Exception) -> ConfigError:
    """Pass on what the data code said, without the traceback that a loader process wraps around it."""
    return ConfigError([Problem(str(error).rpartition("DataError: ")[2].strip())])


def from_state_dict(error: Exception, checkpoint: object) -> ConfigError:
    """Say that weights and model do not fit."""
    lines = [line.strip() for line in str(error).splitlines()[1:] if line.strip()]
    return ConfigError(
        [
            Problem(
                f"{checkpoint} does not fit the model of this experiment; without -c the checkpoint brings its own\n"
                f"  {shorten(lines[0] if lines else str(error))}"
            )
        ]
    )


def shorten(text: str) -> str:
    """Put a message on one line of bounded length."""
    line = "; ".join(part.strip() for part in text.splitlines() if part.strip())
    return line if len(line) <= _MAX_LENGTH else f"{line[: _MAX_LENGTH - 3]}..."
