"""What it costs to check masks before the first epoch, beside hashing the files alone, and the check of transforms.

    python -m tests.benchmarks.bench_mask_check

Prints CPU seconds per 1,000 images of CamVid, which is looked for in SEGCLI_TEST_DATA, and ratios.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from segcli.datamodules.camvid_data_module import CamVidDataModule
from segcli.datasets.fingerprint import fingerprint
from segcli.datasets.mask_check import HowMasks, MaskCheck

ROOT = Path(os.environ.get("SEGCLI_TEST_DATA", "../shared")) / "data" / "camvid"


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    if not ROOT.is_dir():
        raise SystemExit(f"{ROOT} is missing; SEGCLI_TEST_DATA names the folder above data/camvid.")
    data = CamVidDataModule(str(ROOT))
    data.setup("fit")
    split = data.datasets["train"]
    fingerprint(split)  # warm the file cache
    hashing = min(seconds(lambda: fingerprint(split)) for _ in range(3))

    def checked(how: HowMasks, known: set[bytes]) -> MaskCheck:
        check = MaskCheck(split, how, known)
        fingerprint(split, check=check)
        return check

    right = checked("all", set()).right
    for name, how, known in (("all", "all", set[bytes]()), ("all, again", "all", right), ("headers", "headers", right)):
        spent = min(seconds(lambda how=how, known=known: checked(how, known)) for _ in range(3))  # type: ignore[misc]
        per_thousand = 1000 * (spent - hashing) / len(split)
        print(f"{name}: {per_thousand:.2f} CPU s per 1,000 masks, {spent / hashing:.2f}x of hashing alone")


if __name__ == "__main__":
    main()
