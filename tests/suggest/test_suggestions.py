import json
from pathlib import Path

from segcli.suggest.measure import Skipped
from segcli.suggest.pool import Pool
from segcli.suggest.suggestions import Suggestion, Suggestions


def test_a_record_is_plain() -> None:
    pool = Pool(Path("p"), (Path("p/a.png"),), (Path("p/b.png"),), (Path("p/c.png"),), ())
    chosen = Suggestion(1, Path("p/a.png"), "masks/a.png", 0.5, None)
    found = Suggestions((chosen,), pool, "margin", 1, 0, 7, "", (Skipped(Path("p/d.png"), "why"),))
    record = json.loads(json.dumps(found.record()))
    assert record["suggestions"] == [
        {"rank": 1, "image": "p/a.png", "mask": "masks/a.png", "uncertainty": 0.5, "distance": None}
    ]
    assert (record["folder"], record["by"], record["images"], record["labelled_centres"]) == ("p", "margin", 1, 7)
    assert (record["already_labelled"], record["copies"]) == (["p/b.png"], ["p/c.png"])
    assert record["skipped"] == [{"image": "p/d.png", "reason": "why"}]
