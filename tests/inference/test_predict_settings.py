import typing

import pytest

from segcli.inference.predict_settings import PredictSettings
from segcli.predict.savers.chosen import SAVERS


def test_all_that_can_be_saved_may_be_chosen() -> None:
    annotation = typing.get_type_hints(PredictSettings.__init__)["save"]
    (listed, _) = typing.get_args(annotation)
    assert set(typing.get_args(typing.get_args(listed)[0])) == set(SAVERS)


def test_something_must_be_saved() -> None:
    with pytest.raises(ValueError, match=r"predict\.save got an empty list"):
        PredictSettings([])
    assert PredictSettings().save is None
