"""What ``import segcli`` gives: the public names, and nothing that is slow."""

import subprocess
import sys
from pathlib import Path

import pytest

import segcli


def test_importing_it_imports_nothing_else() -> None:
    code = "import sys; import segcli; dir(segcli); print([name for name in sys.modules if name.startswith('segcli.')])"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("name", segcli.__all__)
def test_every_public_name_is_there_and_says_what_it_does(name: str) -> None:
    found = getattr(segcli, name)
    assert name in dir(segcli)
    assert found.__name__ == name
    assert len(found.__doc__) > 100 or name == "ConfigError"
    assert name[0].isupper() or all(part in found.__doc__ for part in ("Args:", "Returns:", "Raises:", "Example:"))


def test_other_names_are_refused_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'segcli' has no attribute 'train'"):
        _ = segcli.train


def test_functions_are_not_hidden_by_rooms_of_their_name() -> None:
    """A package segcli/compare would be put in the place of the function by whoever imports anything below it."""
    rooms = {path.stem for path in Path(segcli.__path__[0]).iterdir()}
    assert not rooms & set(segcli.__all__)
