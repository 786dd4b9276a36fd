import numpy as np

from segcli.comparison.figures import MISSING
from segcli.comparison.group_counts import GroupCounts
from segcli.comparison.page.confusion import confusion

MATRIX = np.array([[90, 10], [30, 70]])


def test_a_matrix_for_every_group_with_its_largest_confusion() -> None:
    counts = GroupCounts(("sky", "<road>"), MATRIX, {}, ())
    found = confusion({"FPN": counts, "UNet": counts})
    assert found.count("<svg") == 2
    assert "Largest confusion: 30 % of &lt;road&gt; is taken for sky." in found
    assert "Confusion matrix of UNet" in found
    assert '<th scope="row">&lt;road&gt;</th><td>sky</td><td class="number">30 %</td>' in found


def test_of_several_labels_precision_and_recall() -> None:
    total = np.array([[[80, 5], [10, 15]], [[90, 0], [10, 0]]])
    found = confusion({"FPN": GroupCounts(("cat", "dog"), total, {}, ())})
    assert "<svg" not in found
    assert '<th scope="row">cat</th><td class="number">75 %</td><td class="number">60 %</td>' in found
    assert "Precision and recall" in found
    assert f'<th scope="row">dog</th><td class="number">{MISSING}</td><td class="number">0 %</td>' in found


def test_runs_that_are_not_in_it_are_told() -> None:
    found = confusion({"FPN": GroupCounts(("sky",), None, {}, ("a/1 is not in it: has no val_images.npz.",))})
    assert "FPN: a/1 is not in it" in found
    assert "<svg" not in found


def test_many_classes_are_a_wide_picture_with_colours() -> None:
    names = tuple(f"class {n}" for n in range(60))
    found = confusion({"FPN": GroupCounts(names, np.eye(60, dtype=np.int64), {}, ())})
    assert 'class="plot wide"' in found
    assert "the larger the share" in found
