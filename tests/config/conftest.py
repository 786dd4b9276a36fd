from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Write a file below an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def _write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return path

    return _write


@pytest.fixture
def composed(write: Callable[[str, str], Path]) -> Callable[..., dict[str, Any]]:
    """Compose one file's text without checking its keys, so that small trees do."""

    def _compose(text: str, *overrides: str) -> dict[str, Any]:
        return compose([write("x.yaml", text)], overrides, checked=False).plain()

    return _compose


@pytest.fixture
def error(write: Callable[[str, str], Path]) -> Callable[..., str]:
    """Return the message with which a file fails to compose."""

    def _error(text: str, *overrides: str) -> str:
        with pytest.raises(ConfigError) as caught:
            compose([write("x.yaml", text)], overrides)
        return str(caught.value)

    return _error
