"""How a process begins that loads images."""

import gc
import os
import signal

import cv2


def start_worker(_worker: int) -> None:
    """Keep signals and OpenCV's threads away from a worker.

    Args:
        _worker: Its number, which torch gives.
    """
    if hasattr(os, "setpgid"):  # Ctrl-C and the like reach all of a group; the run needs its loaders to its end
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # by which torch ends a loader that does not end by itself
    gc.freeze()  # what the run has is not looked at for garbage, which would copy its memory for each worker
    cv2.setNumThreads(0)  # one process per core is enough, and OpenCV's threads may hang after a fork
