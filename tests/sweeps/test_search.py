import signal
from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.runs.stop_signals import StopSignals
from segcli.sweeps.cell import Typed
from segcli.sweeps.cell_trainer import Outcome
from segcli.sweeps.plan import plan_search
from segcli.sweeps.search import Search
from segcli.sweeps.space import read_space
from tests.sweeps.fake import FakeTraining, trainer

SPACE = """
trials: {trials}
sampler: {{class_path: RandomSampler, seed: 0}}
pruner: {{class_path: ThresholdPruner, lower: 0.5, n_warmup_steps: 1}}
space:
  seed_everything: {{low: 1, high: 99}}
  model.decoder: {{choices: [FPN, UNet]}}
"""


def _search(
    experiment: Path, training: FakeTraining, trials: int = 3, stop: StopSignals | None = None, metric: str = ""
) -> tuple[list[Outcome], Outcome | None, list[str]]:
    Path("space.yaml").write_text(SPACE.format(trials=trials) + metric)
    plan = plan_search(Typed((experiment,)), read_space(Path("space.yaml")))
    told: list[str] = []
    outcomes, best = Search(plan, trainer(training, told), stop or StopSignals(), told.append).run()
    return outcomes, best, told


def _by_decoder(config: dict[str, object]) -> list[float]:
    """Return validations that are good for one decoder alone, and as high as the seed."""
    good = "unet" in str(config["model"])
    seed = float(str(config["seed_everything"]))
    return [0.1, 0.6, 0.6 + seed / 1000, 0.6] if good else [0.9, 0.2, 0.95, 0.95]


def test_trials_are_trained_pruned_and_ranked(experiment: Path) -> None:
    training = FakeTraining(_by_decoder)
    outcomes, best, told = _search(experiment, training, trials=8)
    assert len(training.calls) == len(outcomes) == 8
    states = {dict(outcome.settings)["model.decoder"]: outcome.state for outcome in outcomes}
    assert states == {"UNet": "finished", "FPN": "pruned"}
    finished = [outcome for outcome in outcomes if outcome.state == "finished"]
    seeds = [int(dict(outcome.settings)["seed_everything"]) for outcome in finished]
    assert [outcome.value for outcome in finished] == [pytest.approx(0.6 + seed / 1000) for seed in seeds]
    assert best is not None
    assert dict(best.settings) == {"seed_everything": str(max(seeds)), "model.decoder": "UNet"}
    assert any(line.startswith("  pruned  runs/exp/") for line in told)
    pruned = next(outcome for outcome in outcomes if outcome.state == "pruned")
    assert pruned.run is not None
    assert len((pruned.run / "metrics.csv").read_text().splitlines()) == 4  # header, training, two validations


def test_a_search_goes_on_to_what_it_would_have_been(experiment: Path) -> None:
    undisturbed, _, _ = _search(experiment, FakeTraining(_by_decoder), trials=6, metric="storage: sqlite:///other.db\n")
    for run in Path("runs").iterdir():
        run.rename(run.with_name("kept"))

    def kill() -> str:
        raise KeyboardInterrupt  # as little is tidied up as by kill -9

    training = FakeTraining(_by_decoder, fates={2: "killed", 3: kill})
    with pytest.raises(KeyboardInterrupt):
        _search(experiment, training, trials=6)
    outcomes, _, told = _search(experiment, training, trials=6)
    assert told[0] == "trial 3 was at work when its search ended; it is resumed"
    assert [outcome.settings for outcome in outcomes] == [outcome.settings for outcome in undisturbed]
    assert [o.state for o in outcomes if o.state != "failed"] == [o.state for n, o in enumerate(undisturbed) if n != 2]
    assert len(training.calls) == 7

    more, _, _ = _search(experiment, training, trials=7)
    assert len(more) == 7
    assert len(training.calls) == 8
    assert _search(experiment, training, trials=7)[0] == more
    assert len(training.calls) == 8


def test_a_trial_that_was_stopped_goes_on_from_its_checkpoint(experiment: Path) -> None:
    stop = StopSignals()

    def receive() -> str:
        stop.received = signal.SIGINT
        return "stopped"

    training = FakeTraining(lambda _: [0.6], fates={1: receive})
    outcomes, _, _ = _search(experiment, training, stop=stop)
    assert [outcome.state for outcome in outcomes] == ["finished", "at work or stopped"]
    outcomes, best, _ = _search(experiment, training)
    assert [outcome.state for outcome in outcomes] == ["finished"] * 3
    assert training.calls[2] == ["fit", "--ckpt_path", "runs/exp/2/checkpoints/last.ckpt"]
    assert len(training.calls) == 4
    assert best is not None


def test_failed_trials_count_and_have_no_value(experiment: Path) -> None:
    training = FakeTraining(lambda _: [0.6], fates={0: "refused", 1: "failed"})
    outcomes, best, told = _search(experiment, training)
    assert [outcome.state for outcome in outcomes] == ["failed", "failed", "finished"]
    assert best is not None
    assert "error: no images" in told[3]
    outcomes, _, told = _search(experiment, FakeTraining(lambda _: [float("nan")]), trials=4)
    assert outcomes[-1].state == "failed"
    assert "has no value of val/mIoU" in told[-1]


def test_a_metric_that_is_never_logged_ends_the_search_at_once(experiment: Path) -> None:
    training = FakeTraining(lambda _: [0.6] * 5)
    metric = "metric: val/IoU/ghost\n"
    with pytest.raises(ConfigError) as caught:
        _search(experiment, training, metric=metric)
    assert "val/IoU/ghost is not logged (did you mean 'val/mIoU'?)" in str(caught.value)
    assert "--> space.yaml:" in str(caught.value)
    assert len(training.calls) == 1
    assert len(Path("runs/exp/1/metrics.csv").read_text().splitlines()) == 3  # stopped after the first validation
    outcomes, _, _ = _search(experiment, training)
    assert training.calls[1][1] == "--ckpt_path"
    assert [outcome.state for outcome in outcomes] == ["finished"] * 3
