from pathlib import Path

import pytest

from segcli.cli.files import save
from segcli.config.errors import ConfigError


def test_a_file_that_cannot_be_written_is_one_error_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    save(tmp_path / "link", "text")
    assert (tmp_path / "file").read_text() == "text"
    assert (tmp_path / "link").is_symlink()
    with pytest.raises(ConfigError, match=r"cannot write .*below: "):
        save(tmp_path / "file" / "below", "text")
