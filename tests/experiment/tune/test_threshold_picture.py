import numpy as np

from segcli.experiment.tune.threshold_picture import draw


def test_every_class_has_a_line_and_a_mark() -> None:
    ious = np.stack([np.linspace(0.1, 0.6, 200), np.full(200, np.nan)])
    figure = draw(ious, [0.3, 0.5], ["cell", "_rare"])
    (axes,) = figure.axes
    assert len(axes.lines) == 4
    assert axes.lines[1].get_xdata() == [0.3]
    assert axes.get_ylim() == (0, 0.66)
    assert {text.get_text() for text in figure.texts} >= {"cell, 0.3", "_rare, 0.5"}
