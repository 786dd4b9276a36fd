"""The one place where exceptions of a run become errors with a place; what is in no rule is a bug and stays."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from segcli.config.errors import TRACEBACK, ConfigError
from segcli.experiment.errors.situation import Reading, Situation

_READING = Reading()


@contextmanager
def translated(situation: Situation = _READING) -> Iterator[None]:
    """Turn what :mod:`segcli.experiment.errors.rules` knows into errors with a place.

    With ``SEGCLI_TRACEBACK`` set, what code raised stays as it is; what is wrong in a file is told all the same.

    Args:
        situation: What is at work.

    Raises:
        ConfigError: In place of what a rule knows.
    """
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:
        from segcli.experiment.errors.rules import told

        problem = told(error, situation, of_code=not os.environ.get(TRACEBACK))
        if problem is None:
            raise
        raise problem from error
