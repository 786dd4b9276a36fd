"""The table of exceptions that a run may raise, and what is told of each."""

import errno
from argparse import ArgumentError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from lightning_fabric.utilities.exceptions import MisconfigurationException

from segcli.callbacks.finite_loss import NonFiniteLossError
from segcli.callbacks.run_record import has_trained
from segcli.config.errors import ConfigError, Problem
from segcli.experiment.errors import compile_failure, out_of_memory
from segcli.experiment.errors.component import at_named_key, from_component, from_data, from_part, from_state_dict
from segcli.experiment.errors.limits import is_of_one_value, of_images, of_interval
from segcli.experiment.errors.origin import is_of_lightning, is_ours, own_line, passed
from segcli.experiment.errors.own_code import from_own_code
from segcli.experiment.errors.parser import all_from_parser
from segcli.experiment.errors.situation import Building, Reading, Running, Situation
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.parts import PartError
from segcli.experiment.trainer_check import TrainerError
from segcli.inference.checkpoint import CheckpointError
from segcli.losses.criterion import IncomparableError
from segcli.runs.checkpoint_file import CheckpointWriteError
from segcli.runs.run_folder import RunFolderError
from segcli.sample import DataError

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""Errors of the system that mean: this disk takes no more."""


class Rule(NamedTuple):
    """What is told of exceptions of some types; None where one is not meant."""

    types: type[Exception] | tuple[type[Exception], ...]
    tell: Callable[[Any, Any], ConfigError | None]


def told(error: Exception, situation: Situation, of_code: bool = True) -> ConfigError | None:
    """Return what the first rule tells that means an error; None for a bug.

    Args:
        error: It.
        situation: What was at work.
        of_code: Whether the rules for what components and libraries raise count too.
    """
    rules = (*OF_FILES, *(OF_CODE[type(situation)] if of_code else ()))
    answers = (rule.tell(error, situation) for rule in rules if isinstance(error, rule.types))
    return next((answer for answer in answers if answer is not None), None)


def _as_it_is(error: Exception, _: Situation) -> ConfigError:
    return ConfigError([Problem(str(error))])


def _of_checkpoint(error: CheckpointError, at: Situation) -> ConfigError:
    """Say where the key was written that a message begins with, as that of weights to start from does."""
    if at.experiment is None or not str(error).startswith("model."):
        return _as_it_is(error, at)
    return ConfigError([at_named_key(str(error), at.experiment)])


def _of_parser(error: ArgumentError, at: Reading) -> ConfigError | None:
    if at.experiment is None:
        return None
    return all_from_parser(error, at.experiment, SegmentationCLI().parse, at.tree)


def _of_data(error: DataError, at: Building | Running) -> ConfigError:
    return from_data(error, at.experiment, own_line(error, of_cause=True))


def _of_part(error: PartError | TrainerError, at: Building) -> ConfigError:
    """Tell what a part raised by its line where that is the user's own, else as a refusal of its arguments."""
    cause = error.__cause__
    own = _of_own_constructor(cause, at) if isinstance(cause, Exception) else None
    return from_part(error, at.experiment) if own is None else ConfigError([replace(own.problems[0], key=error.key)])


def _of_component(error: Exception, at: Building | Running) -> ConfigError:
    return from_component(error, at.experiment)


def _of_own_code(error: Exception, at: Building | Running) -> ConfigError | None:
    return from_own_code(error, at.experiment)


def _of_own_constructor(error: Exception, at: Building) -> ConfigError | None:
    """Leave a ValueError to its rule: with it, a constructor refuses what the experiment gives it."""
    while "Does not validate" in str(error) and isinstance(error.__cause__, Exception):  # jsonargparse wraps
        error = error.__cause__
    return None if isinstance(error, ValueError) or is_ours(error) else from_own_code(error, at.experiment)


def _of_memory(error: Exception, at: Running) -> ConfigError | None:
    return out_of_memory.explain(error, at.trainer, at.batch)


def _of_compiler(error: Exception, _: Running) -> ConfigError | None:
    return compile_failure.explain(error)


def _of_one_value(error: Exception, at: Running) -> ConfigError | None:
    return from_data(of_images(error, at.batch), at.experiment) if is_of_one_value(error) else None


def _of_interval(error: Exception, at: Running) -> ConfigError | None:
    return of_interval(error, at.trainer)


def _of_disk(error: OSError, at: Running) -> ConfigError | None:
    """Say what to do where a file of the run cannot be written."""
    if error.errno not in UNWRITABLE:
        return None
    last = at.folder.last_checkpoint
    how = f"resume: fit --ckpt_path {last}" if last.is_file() else "train again, or elsewhere with --run.root DIR"
    where = error.filename or at.folder.path
    return ConfigError([Problem(f"cannot write {where}: {error.strerror}; make room, then {how}")])


def _of_weights(error: RuntimeError, at: Running) -> ConfigError | None:
    return from_state_dict(error, at.checkpoint) if "loading state_dict" in str(error) else None


def _of_loss(error: IncomparableError, at: Running) -> ConfigError:
    """Tell why a loss cannot compare predictions, at the argument that the message names, or at the loss."""
    problem = at_named_key(str(error), at.experiment)
    return ConfigError([problem if problem.key else at_named_key(str(error), at.experiment, "model.loss")])


def _of_ours(error: ValueError, at: Running) -> ConfigError | None:
    """Tell what our code refuses; of images that the backbone cannot take, such as those of another size, which."""
    if not is_ours(error):
        return None
    if at.batch.shape and passed(error, "backbones", "segmenter") and not passed(error, "decoders"):
        return from_data(of_images(error, at.batch), at.experiment, own_line(error))
    return from_component(error, at.experiment)


def _of_settings(error: Exception, at: Running) -> ConfigError | None:
    """Tell what Lightning refuses before anything is trained: it is about one of its settings."""
    is_meant = is_of_lightning(error) and not has_trained(at.trainer)
    return from_component(error, at.experiment) if is_meant else None


OF_FILES: Sequence[Rule] = (
    Rule(ArgumentError, _of_parser),
    Rule(CheckpointError, _of_checkpoint),
    Rule(RunFolderError, _as_it_is),
)
OF_CODE: Mapping[type, Sequence[Rule]] = {
    Reading: (),
    Building: (
        Rule(DataError, _of_data),
        Rule((PartError, TrainerError), _of_part),
        Rule(Exception, _of_own_constructor),
        Rule(
            (ValueError, TypeError, OSError, ImportError, RuntimeError, MisconfigurationException),
            _of_component,
        ),
    ),
    Running: (
        Rule(Exception, _of_memory),
        Rule(Exception, _of_compiler),
        Rule(Exception, _of_one_value),
        Rule(Exception, _of_interval),
        Rule(DataError, _of_data),
        Rule((NonFiniteLossError, CheckpointWriteError), _as_it_is),
        Rule(OSError, _of_disk),
        Rule(RuntimeError, _of_weights),
        Rule(IncomparableError, _of_loss),
        Rule(ValueError, _of_ours),
        Rule(Exception, _of_own_code),
        Rule(MisconfigurationException, _of_component),
        Rule((ValueError, TypeError, RuntimeError, NotImplementedError, ImportError), _of_settings),
    ),
}
