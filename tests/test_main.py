import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("command", [[sys.executable, "-m", "segcli"], [str(Path(sys.executable).with_name("segcli"))]])
def test_module_and_console_script_are_the_same(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run([*command, "fti"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: no verb 'fti' (did you mean 'fit'?)")


def test_both_find_modules_in_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "my_parts.py").write_text("class MyDecoder:\n    def __init__(self, features, width: int = 3): ...\n")
    command = [str(Path(sys.executable).with_name("segcli")), "fit", "--model.decoder.help", "my_parts.MyDecoder"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "--model.decoder.width int" in done.stdout
