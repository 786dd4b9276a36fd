import logging
import warnings

import pytest

from segcli.cli.quiet import quiet


def test_chatter_is_left_out_and_other_warnings_are_not() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet()
        warnings.warn("The 'val_dataloader' does not have many workers which may be a bottleneck.", stacklevel=1)
        with pytest.raises(UserWarning, match="something else"):
            warnings.warn("something else", stacklevel=1)
    assert logging.getLogger("pytorch_lightning").level == logging.WARNING
