from segcli.comparison.comparison import Cost
from segcli.comparison.cost_columns import COST_COLUMNS


def _cells(cost: Cost) -> dict[str, str]:
    return {column.heading: column.cell(cost) for column in COST_COLUMNS}


def test_cells_are_what_people_read() -> None:
    cost = Cost(5.2e6, 3.4e9, 17.25, 2.0**30, 90.0, "cpu")

    assert _cells(cost) == {
        "params": "5.2 M",
        "GFLOPs": "3.4",
        "img/s": "17.2",
        "memory": "1.0 GiB",
        "training": "90 s",
        "device": "cpu",
    }


def test_what_was_not_recorded_is_missing() -> None:
    assert set(_cells(Cost(None, None, None, None, None, "")).values()) == {"\N{EN DASH}"}
