import multiprocessing
import signal
import time

import cv2

from segcli.datasets.start_worker import start_worker


def _state(queue: "multiprocessing.Queue[tuple[object, ...]]") -> None:
    start_worker(0)
    queue.put((signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), cv2.getNumThreads()))


def test_a_worker_outlives_ctrl_c_and_has_no_threads_of_opencv() -> None:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_state, args=(queue,))
    process.start()
    assert queue.get(timeout=60) == (signal.SIG_IGN, signal.SIG_DFL, 1)
    process.join()


def _load_forever() -> None:
    start_worker(0)
    time.sleep(600)


def test_a_loader_that_does_not_end_by_itself_can_be_ended() -> None:
    loader = multiprocessing.get_context("fork").Process(target=_load_forever)
    loader.start()
    time.sleep(0.5)
    loader.terminate()
    loader.join(timeout=10)
    assert not loader.is_alive()
