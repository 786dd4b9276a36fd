import json
import math
import statistics
from pathlib import Path

import numpy as np
import pytest

from segcli.config.errors import ConfigError
from segcli.ledger.entry import ENTRY_FORM, Entry
from segcli.ledger.runs import check_one_experiment, entry_of, load_runs
from segcli.runs.benchmarks import FILE, FOLDER
from segcli.runs.image_counts import ImageCounts
from segcli.runs.stored_run import StoredRun
from tests.run_folders import CLASSES, replace_counts, write_run
from tests.runs.test_benchmarks import CONTENT
from tests.runs_of_experiments import change_passport, write_run_of, write_test

A = "experiments/a.yaml"


def runs_of(repository: Path, *seeds: int) -> list[StoredRun]:
    return load_runs([write_run_of(repository / f"runs/a/{n}", A, seed=seed) for n, seed in enumerate(seeds, 1)])


def entry(runs: list[StoredRun]) -> Entry:
    return entry_of("a", runs, [Path(A)], [])


def test_an_entry_holds_scores_hashes_data_and_origin(repository: Path) -> None:
    (run,) = runs_of(repository, 7)
    content = entry([run]).content
    assert content["experiment_hash"] == run.experiment_hash
    assert content["data"]["splits"] == run.passport["data"]["splits"]
    assert content["metrics"] == run.passport["metrics"]
    assert content["settings"]["data.batch_size"] == 8
    (recorded,) = content["runs"]
    assert (recorded["seed"], recorded["epoch"], recorded["config_hash"]) == (7, 4, run.config_hash)
    assert recorded["val"]["mIoU"] == run.scores()["mIoU"]
    assert list(recorded["val"]["IoU"]) == list(CLASSES)
    assert recorded["git"] == {"commit": "5e7a000d1c290942b49c1efc0ecb891174a2e449", "uncommitted": False}
    assert recorded["versions"] == {"segcli": "0.4.0", "python": "3.11.7", "torch": "2.15.0"}
    assert recorded["cost"]["train_s"] == pytest.approx(3.2)  # 40 steps of 8 images at 100 images/s


def test_figures_are_mean_and_sample_deviation(repository: Path) -> None:
    runs = runs_of(repository, 0, 1, 2)
    values = [float(run.scores()["mIoU"]) for run in runs]
    figure = entry(runs).figure()
    assert figure is not None
    assert figure.mean == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert figure.sd == pytest.approx(math.sqrt(sum((v - statistics.fmean(values)) ** 2 for v in values) / 2), abs=1e-6)
    assert figure.n == 3
    circle = entry(runs).content["val"]["IoU"]["circle"]
    assert circle["mean"] == pytest.approx(
        statistics.fmean(r.scores()["classes"]["circle"]["IoU"] for r in runs), abs=1e-6
    )


def test_a_class_without_a_score_is_left_out_of_its_figure(repository: Path) -> None:
    runs = runs_of(repository, 0, 1)
    for run, value in zip(runs, (None, 0.5), strict=True):
        matrix = np.zeros((1, 3, 3), np.int64)  # without squares, and one without circles
        matrix[0, 0, 0] = 8
        matrix[0, 1, :2] = (0, 0) if value is None else (4, 4)
        replace_counts(run.path, ImageCounts.of(["a"], matrix, epoch=4))
    found = entry(runs).content["val"]["IoU"]
    assert found["circle"] == {"mean": 0.5, "sd": None, "n": 1}
    assert found["square"] is None


def test_nothing_of_the_machine_but_its_kind_is_kept(repository: Path) -> None:
    cost = {"parameters": 3, "device": "cpu"}
    weights = "/home/zaphod/w.safetensors"
    path = write_run_of(repository / "runs/a/1", A, ["--model.backbone.weights", weights])
    change_passport(
        path, platform="Linux-host", cost=cost, files=["/home/zaphod/experiments/a.yaml"], hostname="heart-of-gold"
    )
    text = entry_of("a", load_runs([path]), [Path(A)], ["--model.backbone.weights", weights]).text()
    for word in ("/home", "zaphod", "heart-of-gold", "Linux-host", str(repository)):
        assert word not in text
    assert '"model.backbone.weights": "w.safetensors"' in text


def test_the_newest_test_is_recorded_with_its_data(repository: Path) -> None:
    runs = runs_of(repository, 0, 1)
    for number, value in ((2, 0.5), (10, 0.6)):
        write_test(runs[0].path, number, value)
    found = entry(runs)
    assert found.figure(stage="test") == (0.6, None, 1)
    assert found.content["data"]["splits"]["test"]["content"] == "7e57"
    assert [run["test"] and run["test"]["mIoU"] for run in found.content["runs"]] == [0.6, None]
    write_test(runs[1].path, 1, 0.7, batch_size=1)  # does not change a score
    assert entry(runs).figure(stage="test") == pytest.approx((0.65, math.sqrt(0.005), 2), abs=1e-6)


def test_a_test_of_something_else_is_refused(repository: Path) -> None:
    (run,) = runs_of(repository, 0)
    write_test(run.path, 1, checkpoint="last.ckpt")
    with pytest.raises(
        ConfigError, match=r"runs/a/1 was tested by its last epoch, not by its best \(test/1\); test it"
    ):
        entry([run])
    write_test(run.path, 2, image_size=64)
    with pytest.raises(ConfigError, match=r"with other settings \(test/2\): data.image_size \S+ → 64; test it again"):
        entry(load_runs([run.path]))
    (write_test(run.path, 3) / "config.yaml").unlink()
    with pytest.raises(ConfigError, match=r"test/3: has no config.yaml"):
        entry(load_runs([run.path]))


def test_tests_on_different_images_make_no_figure(repository: Path) -> None:
    runs = runs_of(repository, 0, 1)
    for run in runs:
        write_test(run.path)
    other = {"classes": list(CLASSES), "splits": {"test": {"count": 4, "ids": "1d5", "content": "0000"}}}
    passport = runs[1].path / "test/1/passport.json"
    passport.write_text(json.dumps({**json.loads(passport.read_text()), "data": other}))
    with pytest.raises(ConfigError, match="tested on different images"):
        entry(runs)


def test_runs_of_different_experiments_are_refused_by_their_keys(repository: Path) -> None:
    paths = [write_run_of(repository / f"runs/x/{name}", f"experiments/{name}.yaml") for name in ("a", "b")]
    with pytest.raises(
        ConfigError, match=r"runs/x/a and runs/x/b are of different experiments: model\.decoder FPN → UNet"
    ):
        check_one_experiment(load_runs(paths))


def test_runs_of_one_seed_are_no_two_samples(repository: Path) -> None:
    with pytest.raises(ConfigError, match="runs/a/1 and runs/a/3 have the same seed 4"):
        check_one_experiment(runs_of(repository, 4, 5, 4))


def test_runs_on_different_data_or_metrics_are_refused(repository: Path) -> None:
    first, second = (run.path for run in runs_of(repository, 0, 1))
    change_passport(second, metrics={"IoU": "another"})
    with pytest.raises(ConfigError, match="count their scores differently"):
        check_one_experiment(load_runs([first, second]))
    split = {"count": 12, "ids": "1d5", "content": "other"}
    change_passport(second, data={"classes": list(CLASSES), "splits": {"train": split, "val": split}})
    with pytest.raises(ConfigError, match="saw different images: data of train, val"):
        check_one_experiment(load_runs([first, second]))


def test_every_run_that_cannot_be_read_is_named(repository: Path) -> None:
    write_run(repository / "runs/a/1", status="interrupted")
    (write_run(repository / "runs/a/2") / "metrics.csv").unlink()
    change_passport(write_run(repository / "runs/a/3"), schema=1)
    with pytest.raises(ConfigError) as caught:
        load_runs([repository / f"runs/a/{n}" for n in (1, 2, 3)])
    assert [problem.message.split(" (")[0] for problem in caught.value.problems] == [
        "runs/a/1 did not finish",
        "runs/a/2 has no metrics.csv",
        "runs/a/3 is of another version of segcli",
    ]


def test_runs_are_in_the_order_of_their_seeds(repository: Path) -> None:
    assert [run.seed for run in runs_of(repository, 5, 0, 3)] == [0, 3, 5]


def test_a_run_without_scores_is_an_error(repository: Path) -> None:
    (run,) = runs_of(repository, 0)
    (run.path / "val_scores.json").unlink()
    with pytest.raises(ConfigError, match=r"runs/a/1 has no val_scores.json"):
        entry([run])


def test_a_run_keeps_the_benchmark_of_its_best_checkpoint_only(repository: Path) -> None:
    path = write_run_of(repository / "runs/a/1", A, seed=7)
    change_passport(path, checkpoints={"best.ckpt": "ab12"})
    (run,) = load_runs([path])
    before = entry([run]).content
    assert "benchmark" not in before["runs"][0]
    folder = run.path / FOLDER / "1"
    folder.mkdir(parents=True)
    for checkpoint in ("of another", "ab12"):
        (folder / FILE).write_text(json.dumps({**CONTENT, "checkpoint_sha256": checkpoint}))
        after = entry([run]).content
        assert ("benchmark" in after["runs"][0]) == (checkpoint == "ab12")
    assert after["runs"][0]["benchmark"]["variants"][0]["images_per_s"] == 50
    assert ENTRY_FORM(json.loads(json.dumps(after)), "") == ""
    assert after["experiment_hash"] == before["experiment_hash"]
