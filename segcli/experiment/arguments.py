"""What ``fit``, ``validate``, ``test``, ``predict`` and ``tune`` work on: files, overrides and a checkpoint."""

from dataclasses import dataclass, field
from pathlib import Path

from segcli.cli.command_line import Typed
from segcli.cli.verb import CHECKPOINT


@dataclass
class RunArguments:
    """What was typed after the verb.

    Attributes:
        files: Experiment files, in order.
        overrides: ``--key value`` arguments as typed.
        checkpoint: Value of ``--ckpt_path``.
    """

    files: list[Path] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    checkpoint: Path | None = None

    @classmethod
    def of(cls, typed: Typed) -> "RunArguments":
        """Return what a verb that trains or measures was given."""
        checkpoint = typed.checkpoint if typed.verb.option(CHECKPOINT.name) else None
        return cls([Path(file) for file in typed.files], list(typed.overrides), checkpoint)
