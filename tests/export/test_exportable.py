import pytest
import torch

from segcli.export.exportable import Exportable
from segcli.export.trace import Traced
from segcli.segmenter import Segmenter

SIZES = [(1, 33, 33), (1, 97, 64), (3, 50, 103), (1, 64, 96), (2, 129, 34)]
"""One more than a multiple, a multiple, odd ones; one image and several."""


@pytest.mark.parametrize("size", SIZES)
def test_a_graph_of_any_size_predicts_what_the_model_does(
    traced: Traced, segmenter: Segmenter, size: tuple[int, int, int]
) -> None:
    image = torch.randint(0, 256, (*size, 3), dtype=torch.uint8)
    with torch.no_grad():
        labels, probabilities = traced.program.module()(image)
        logits = segmenter(image.permute(0, 3, 1, 2))
    assert torch.equal(labels, segmenter.kind.predict(logits))
    assert labels.dtype == torch.uint8
    torch.testing.assert_close(probabilities, logits.softmax(dim=1), atol=1e-6, rtol=0)


def test_the_example_is_no_case_of_its_own(segmenter: Segmenter) -> None:
    model, multiple = Exportable(segmenter), segmenter.backbone.size_multiple
    batch, height, width, _ = model.example(2).shape
    assert batch > 1
    assert height != width
    assert all(side % multiple for side in (height, width))
    assert model.outputs == ("labels",)
    assert set(model.dynamic_shapes(any_batch=False)["image"]) == {1, 2}
    assert set(Exportable(segmenter, size=(40, 50)).dynamic_shapes(any_batch=True)["image"]) == {0}
