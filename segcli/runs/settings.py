"""Where runs are kept, and what is recorded of their data."""

from typing import Literal

FingerprintOf = Literal["content", "sizes", "reread"]


class RunSettings:
    """Choose where the run folder is made, and how the data's fingerprint is taken.

    Args:
        root: Folder of all runs, relative to the working directory.
        name: Folder of this experiment's runs below ``root``; null takes the stem of the first ``-c`` file.
        fingerprint: What of the data the passport hashes: ``content`` reads at the start every file that no earlier
            run read, or that is not as it was by its size, times and inode (CamVid's 936 files in 0.3 s);
            ``reread`` reads all of them; ``sizes`` looks at names and sizes only, for data of many gigabytes, and
            then masks are checked by their headers only.
        store_environment: Whether values from environment variables (``${oc.env:NAME}``) are stored. Else what is
            stored of a run refers to the variable, which is read again when the run is taken up; another value is told
            by a digest of those that can change a result. Stored all the same are the seed, ``run.name``, ``run.root``,
            classes of Python, and what gives classes of the data, groups or files their names.
    """

    def __init__(
        self,
        root: str = "runs",
        name: str | None = None,
        fingerprint: Literal["content", "sizes", "reread"] = "content",
        store_environment: bool = False,
    ) -> None:
        self.root = root
        self.name = name
        self.fingerprint = fingerprint
        self.store_environment = store_environment
