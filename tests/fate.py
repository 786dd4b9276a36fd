"""A callback that sends its own process a signal at a hook.

``FATE=<hook>:<n-th time>:<signal>`` asks for it, and ``FATE_RANK`` for one process of several.
"""

import os
import signal

import pytorch_lightning as pl


class Fate(pl.Callback):
    """Kill or interrupt the run where the environment says."""

    def __init__(self) -> None:
        super().__init__()
        self.hook, count, name = os.environ.get("FATE", "none:0:SIGKILL").split(":")
        self.left, self.signal = int(count), signal.Signals[name]

    def _pass(self, hook: str) -> None:
        self.left -= hook == self.hook
        chosen = os.environ.get("FATE_RANK", os.environ.get("LOCAL_RANK", "0")) == os.environ.get("LOCAL_RANK", "0")
        if hook == self.hook and self.left == 0 and chosen:
            os.kill(os.getpid(), self.signal)

    def on_train_batch_start(self, *_: object) -> None:
        self._pass("batch_start")

    def on_train_batch_end(self, *_: object) -> None:
        self._pass("batch_end")

    def on_validation_batch_end(self, *_: object) -> None:
        self._pass("validation_batch")

    def on_validation_end(self, *_: object) -> None:
        self._pass("validation_end")

    def on_train_epoch_end(self, *_: object) -> None:
        self._pass("epoch_end")

    def on_save_checkpoint(self, *_: object) -> None:
        self._pass("saving")
