from pathlib import Path

import numpy as np
import pytest

from segcli.export.description import ExportError
from segcli.export.torch_model import TorchModel
from segcli.export.trace import Traced
from tests.export.test_description import DESCRIPTION


@pytest.mark.parametrize("size", [(32, 50), (50, 32), (1, 1)])
def test_images_that_the_graph_does_not_take_name_the_remedy(
    traced: Traced, tmp_path: Path, size: tuple[int, int]
) -> None:
    TorchModel.write(traced, DESCRIPTION, tmp_path / "model.pt2")
    opened = TorchModel.opened(tmp_path / "model.pt2")
    with pytest.raises(ExportError, match=rf"is refused .*--size {size[0]}x{size[1]}"):
        opened.predict(np.zeros((*size, 3), np.uint8))
