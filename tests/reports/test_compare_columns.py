from dataclasses import replace
from pathlib import Path

import pytest

from segcli.comparison.compare_runs import compare_runs
from segcli.comparison.comparison import Comparison, Estimate, Reached
from segcli.reports.compare_columns import columns_of, tables_of
from tests.comparison.drawn import run_on_one_truth


@pytest.fixture
def found(tmp_path: Path) -> Comparison:
    for n, decoder in enumerate(("FPN", "FPN", "UNet")):
        run_on_one_truth(tmp_path / "x" / str(n), n, 0.8 - 0.1 * (decoder == "UNet"), decoder=decoder)
    return compare_runs([tmp_path], level=0.6)


def test_every_group_has_a_cell_in_every_column(found: Comparison) -> None:
    columns = columns_of(found)

    assert list(columns)[:5] == ["model.decoder", "runs", "val/mIoU", "95 %", "to 95 % of best"]
    assert list(columns)[5:] == ["to 0.600", "params", "GFLOPs", "img/s", "memory"]
    assert {len(cells) for cells in columns.values()} == {2}
    assert columns["runs"] == ["2", "1"]
    assert " ± " in columns["val/mIoU"][0]
    assert " ± " not in columns["val/mIoU"][1]
    assert columns["to 95 % of best"] == ["3 epochs", "3 epochs"]
    assert columns["to 0.600"][1] == "not reached"
    assert (columns["GFLOPs"][0], columns["img/s"][0]) == ("1.5", "100")


def test_runs_that_did_not_reach_the_level_show(found: Comparison) -> None:
    group = found.groups[0]
    convergence = replace(group.convergence, to_level=Reached(1, 1.0, 10.0, 0.8))
    columns = columns_of(replace(found, groups=(replace(group, convergence=convergence),)))
    assert columns["to 0.600"] == ["1 epoch, 0.8 s (1 of 2)"]


def test_what_is_not_known_is_a_dash(found: Comparison) -> None:
    group = found.groups[0]
    cost = replace(group.cost, parameters=None, flops_per_image=None, images_per_s=None, peak_memory_bytes=None)
    convergence = replace(group.convergence, curves=((), ()), to_level=Reached(0, None, None, None))
    bare = replace(group, cost=cost, score=Estimate(0.5), convergence=convergence)

    columns = columns_of(replace(found, groups=(bare,), keys=()))

    assert columns["experiment"] == ["FPN"]
    assert columns["val/mIoU"] == ["0.500"]
    unknown = [columns[name][0] for name in ("95 %", "to 0.600", "params", "GFLOPs", "img/s", "memory")]
    assert unknown == ["\N{EN DASH}"] * 6


def test_what_does_not_fit_goes_to_a_second_table_with_the_groups(found: Comparison) -> None:
    whole = columns_of(found)

    assert tables_of(found, 500) == [whole]
    first, second, *_ = tables_of(found, 60)
    assert list(first) == ["model.decoder", "runs", "val/mIoU"]
    assert second["group"] == ["FPN", "UNet"]
    assert {name for table in tables_of(found, 60) for name in table} - {"group"} == set(whole)


def test_long_settings_are_cut(found: Comparison) -> None:
    groups = tuple(replace(group, settings=("x" * 100,)) for group in found.groups)
    assert columns_of(replace(found, groups=groups))["model.decoder"][0] == "x" * 39 + "…"
