from dataclasses import asdict

from tests.inspection.made_statistics import make_statistics


def test_they_are_plain_values() -> None:
    record = asdict(make_statistics("sky", "car"))
    assert record["splits"][1]["classes"][1]["objects"] == {"count": 1, "low": 1.4, "median": 20.0, "high": 3000.0}
