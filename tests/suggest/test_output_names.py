import subprocess
import sys

from segcli.cli.suggest import VERB
from segcli.suggest.output_names import EXPERIMENT, LIST, PICTURE, TABLE


def test_help_names_the_files_and_reports_need_no_torch() -> None:
    assert all(name in VERB.notes for name in (TABLE, LIST, PICTURE, EXPERIMENT))
    code = "import sys, segcli.suggest.output_names; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
