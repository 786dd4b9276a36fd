"""Where runs are kept."""


class RunSettings:
    """Choose where the run folder is made.

    Args:
        root: Folder of all runs, relative to the working directory.
        name: Folder of this experiment's runs below ``root``; null takes the stem of the first ``-c`` file.
    """

    def __init__(self, root: str = "runs", name: str | None = None) -> None:
        self.root = root
        self.name = name
