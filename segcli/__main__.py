"""``python -m segcli``."""

import sys

if "--trusted-only" in sys.argv or "--git" in sys.argv:  # before anything is imported, which a stranger's file might be
    sys.path[:] = sys.path[1:] if not sys.flags.safe_path else sys.path

from segcli.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
