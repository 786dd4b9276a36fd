from segcli.experiment.errors.rules import OF_CODE
from segcli.experiment.errors.situation import Situation


def test_every_situation_has_its_rules() -> None:
    assert set(OF_CODE) == set(Situation.__args__)
