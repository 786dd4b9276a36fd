"""``python -m segcli``."""

import sys

from segcli.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
