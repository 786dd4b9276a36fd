"""What a run keeps of itself in its folder, from its beginning to its end: the passport and its experiment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.config.dumper import dump
from segcli.config.environment import as_written
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say
from segcli.disk import write_bytes, write_text
from segcli.experiment.errors.translate import translated
from segcli.experiment.job import Job
from segcli.runs.identity import config_hash, experiment_hash
from segcli.runs.run_folder import COMPOSED, CONFIG, RunFolder
from segcli.runs.surroundings import file_hash

if TYPE_CHECKING:
    from segcli.runs.passport import Passport


@dataclass
class RunRecords:
    """The records of one run, which the first process writes.

    Attributes:
        job: The run.
        config: Its experiment with every value.
        passport: What says how the run came about, and how far it is.
    """

    job: Job
    config: dict[str, Any]
    passport: "Passport"
    _before: dict[Path, bytes] = field(default_factory=dict)
    """What the experiment of a resumed run was before, by file."""

    @classmethod
    def begin(
        cls,
        job: Job,
        config: dict[str, Any],
        command_line: list[str],
        content: Mapping[str, Any] | None,
        changed: dict[str, tuple[Any, Any]],
    ) -> "RunRecords":
        """Begin the records of a run, or continue them.

        Args:
            job: The run.
            config: Its experiment with every value.
            command_line: All that was typed.
            content: Of the checkpoint that it resumes from.
            changed: What differs from the experiment that the resumed run began with.

        Raises:
            ConfigError: If the folder cannot be written.
        """
        from segcli.runs.passport import Passport

        files = list(job.experiment.files)
        if job.resumed is not None:
            epoch, step = (content["epoch"] + 1, content["global_step"]) if content else (0, 0)
            where = f"after step {step}" if content else "from its beginning: it has no checkpoint yet"
            say(f"resuming {job.folder.path} {where}", file=sys.stderr)
            resumed = Passport.resume(job.folder, command_line, files, epoch=epoch, global_step=step, changed=changed)
            return cls(job, config, resumed)
        loaded = job.arguments.checkpoint
        own: dict[str, object] = {
            "loaded": None if loaded is None else {"checkpoint": str(loaded), "sha256": file_hash(loaded)},
            "experiment": [str(file) for file in job.arguments.files],
            "overrides": job.arguments.overrides,
        }
        entries = {**own, **_facts(job, config), **job.entries}
        texts = _texts(job, config)
        with translated():
            begun = Passport(job.folder, command_line, config["seed_everything"], files, texts, **entries)
        return cls(job, config, begun)

    def reopen(self, changed: Mapping[str, object]) -> None:
        """Say that an interrupted run is resumed, now that its parts could be built.

        Args:
            changed: What differs from the experiment that it began with.
        """
        job, folder = self.job, self.job.folder.path
        self._before = {path: path.read_bytes() for name in (CONFIG, COMPOSED) if (path := folder / name).is_file()}
        if changed:
            for name, text in _texts(job, self.config).items():
                write_text(folder / name, text)
            overrides = [*(self.passport.get("overrides") or []), *job.arguments.overrides]
            self.passport.add(**_facts(job, self.config), overrides=overrides)
        self.passport.reopen()

    def add_checkpoints(self) -> None:
        """Record the hash of every checkpoint."""
        self.passport.add(checkpoints=_checkpoint_hashes(self.job.folder))

    def close(self, status: str) -> None:
        """Record how the run ended; one that failed before its first batch is taken back.

        Where that cannot be written, the run stays as a killed one does.

        Args:
            status: ``finished``, ``interrupted`` or ``failed``.

        Raises:
            ConfigError: If it finished, but cannot say so.
        """
        try:
            self._close(status)
        except OSError as error:
            told = f"cannot write {error.filename or self.job.folder.path}: {error.strerror or error}"
            if status == "finished":
                raise ConfigError([Problem(f"{told}; make room: the run counts as interrupted until it is")]) from None
            if status == "interrupted":  # of a failure its cause is told
                say(told, file=sys.stderr)

    def _close(self, status: str) -> None:
        if status != "failed" or self.passport.status != "starting":
            self.passport.update(status)
        elif self.job.resumed is None:
            if not self.job.folder.discard():
                self.passport.update(status)
        elif self._before:
            for path, content in self._before.items():
                write_bytes(path, content)
            self.passport.restore()


def _checkpoint_hashes(folder: RunFolder) -> dict[str, str | None]:
    files = sorted(path for path in folder.checkpoints.rglob("*.ckpt") if path.is_file())
    return {path.relative_to(folder.checkpoints).as_posix(): file_hash(path) for path in files}


def _facts(job: Job, config: dict[str, Any]) -> dict[str, object]:
    """Return what the passport says of the experiment: its hashes, and the environment variables that it reads."""
    names = list(job.experiment.environment.names)
    hashes = {"config_hash": config_hash(config), "experiment_hash": experiment_hash(config)}
    return {**hashes, "environment_variables": names} if names else {**hashes}


def _texts(job: Job, config: dict[str, Any]) -> dict[str, str]:
    """Return the experiment with every value, and as files and overrides gave it, by file."""
    composed = job.experiment.environment.stored({"defaults": "none", **job.experiment.plain()})
    return {CONFIG: dump(as_written(config)), COMPOSED: dump(as_written(composed))}
