import numpy as np
from PIL import Image

from segcli.predict.savers.confidence import Confidence
from tests.predict.savers.conftest import Case


def test_confidence_is_the_probability_of_what_was_chosen(case: Case) -> None:
    written = case.saved(Confidence(case.told))
    found = np.stack([np.array(Image.open(path)) for path in written]) / 255
    if case.told.kind.name == "multilabel":
        expected = case.probabilities
        assert [path.parts[-3] for path in written] == list(case.told.classes)
    elif case.told.kind.name == "binary":
        expected = np.where(case.labels == 1, case.probabilities, 1 - case.probabilities)
        assert found.min() > 0.49
    else:
        expected = np.take_along_axis(case.probabilities, case.labels[None].astype(int), axis=0)
    np.testing.assert_allclose(found, expected, atol=0.5 / 255 + 1e-6)
