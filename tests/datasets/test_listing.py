from pathlib import Path

import pytest

from segcli.datasets.listing import Listing, require_once
from segcli.datasets.record import Record
from segcli.sample import DataError


class Own(Listing):
    """A listing of a user's own."""

    def images(self) -> list[Record]:
        return [Record("a", Path("a.png"))]


def test_all_images_are_records_unless_a_listing_says_more() -> None:
    own = Own(Path())
    assert own.records() == own.images()
    own.check_settings()


def test_a_file_is_in_a_data_set_once() -> None:
    require_once([Path("a"), Path("b")], "it")
    with pytest.raises(DataError, match="it names a twice"):
        require_once([Path("a"), Path("b"), Path("a")], "it")
