from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.trainable import check_trainable


def _problems(file: Path, *words: str) -> list[str]:
    experiment = compose([file], words)
    return [str(problem) for problem in check_trainable(experiment.root, experiment.library)]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("trainer.limit_train_batches", "0", "nothing would be trained"),
        ("trainer.limit_train_batches", "0.0", "nothing would be trained"),
        ("trainer.limit_val_batches", "0", "nothing would be measured"),
        ("trainer.max_epochs", "0", "nothing would be trained"),
        ("trainer.max_steps", "0", "nothing would be trained"),
        ("trainer.enable_checkpointing", "false", "checkpoint.save_top_k to 0"),
        ("trainer.barebones", "true", "with them the run's record"),
        ("checkpoint.every_n_train_steps", "2", "trainer.val_check_interval"),
        ("checkpoint.train_time_interval", "'0:01:00'", "last_checkpoint.every_minutes"),
        ("trainer.accumulate_grad_batches", "0", "expected a number above 0"),
        ("trainer.check_val_every_n_epoch", "0", "expected a number above 0"),
        ("trainer.val_check_interval", "0", "expected a number above 0"),
        ("trainer.val_check_interval", "00:00:10:00", "got a time, expected a number of batches"),
        ("trainer.val_check_interval", "{minutes: 1}", "got a time, expected a number of batches"),
        ("trainer.gradient_clip_val", "-1", "expected a number from 0; 0 is for none"),
        ("trainer.log_every_n_steps", "-1", "expected a number from 0; 0 is for none"),
        ("trainer.min_epochs", "-1", "expected a number from 0; 0 is for none"),
        ("trainer.min_steps", "-1", "expected a number from 0; 0 is for none"),
        ("trainer.max_epochs", "-2", "expected a number from -1; -1 is for no limit, or all"),
        ("trainer.max_steps", "-2", "expected a number from -1; -1 is for no limit, or all"),
        ("trainer.num_sanity_val_steps", "-2", "expected a number from -1; -1 is for no limit, or all"),
        ("trainer.limit_val_batches", "-1", "expected a number from 0; 0 is for none"),
        ("run.name", "..", "expected a folder below run.root; set run.root"),
        ("run.name", ".", "expected a folder below run.root; set run.root"),
        ("run.name", "a/../../b", "expected a folder below run.root; set run.root"),
        ("run.name", "/runs", "expected a folder below run.root; set run.root"),
        ("run.name", f"a/{'é' * 128}", "too long for a folder; shorten it"),
        ("seed_everything", "-1", "expected a number from 0 to 4294967295"),
        ("seed_everything", "4294967296", "expected a number from 0"),
    ],
)
def test_what_leaves_nothing_is_one_error_at_its_line(tiny: Path, key: str, value: str, told: str) -> None:
    (problem,) = _problems(tiny, f"--{key}", value)

    assert problem.startswith((f"error: {key}: got ", f"error: {key}: keeps "))
    assert told in problem
    assert f"--{key}" in problem


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--trainer.limit_val_batches", "0", "--checkpoint.monitor", "null"),
        ("--checkpoint.every_n_train_steps", "0"),
        ("--trainer.max_steps", "-1"),
        ("--trainer.max_epochs", "-1", "--trainer.max_steps", "3"),
        ("--seed_everything", "4294967295"),
        ("--seed_everything", "true"),
        ("--run.name", "a/..b/c"),
        ("--run.name", "null"),
        ("--trainer.fast_dev_run", "true"),
    ],
)
def test_what_can_be_trained_is_not_refused(tiny: Path, words: tuple[str, ...]) -> None:
    assert not _problems(tiny, *words)
