from segcli.cli.predict import SAVES
from segcli.predict.savers.chosen import DEFAULT, SAVERS, chosen_savers
from tests.predict.savers.conftest import Case


def test_every_saver_can_be_chosen(case: Case) -> None:
    assert set(SAVES) == set(SAVERS)
    assert SAVES[:2] == DEFAULT
    assert [each.name for each in chosen_savers(["coco", "labels"], case.told)] == ["coco", "labels"]
