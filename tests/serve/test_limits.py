import json

from segcli.serve.limits import Limits


def test_they_are_told_as_json() -> None:
    assert json.loads(json.dumps(Limits(queue=2).record()))["queue"] == 2
