from dataclasses import replace
from pathlib import Path

from segcli.comparison.page.settings import setting_rows, settings
from tests.comparison.made_comparison import make_comparison


def test_values_of_two_groups_stand_beside_each_other(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    assert setting_rows(comparison)["model.decoder.width"] == {"FPN": "256", "UNet": "128"}
    found = settings(comparison)
    assert "<code>model.decoder</code>" in found
    assert "<td><code>256</code></td><td><code>128</code></td>" in found
    assert "an empty cell" not in found


def test_a_group_that_does_not_differ_from_the_best_has_an_empty_cell(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=("FPN", "UNet", "PSP"))
    first, second, third = comparison.pairs
    pairs = (replace(first, settings=(("lr", "<1>", "2"),)), replace(second, settings=()), third)
    found = settings(replace(comparison, pairs=pairs))
    assert "<td><code>&lt;1&gt;</code></td><td><code>2</code></td><td></td>" in found
    assert "an empty cell" in found


def test_nothing_but_the_seed(tmp_path: Path) -> None:
    assert "nothing but the seed" in settings(make_comparison(tmp_path, labels=("FPN",)))
