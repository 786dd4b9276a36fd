"""A loader that knows the masks of the batches to come, as far as they share an optimizer step."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from torch.utils.data import DataLoader

from segcli.sample import Batch, Sample


class LookAheadLoader(DataLoader[Sample]):
    """Load batches; add to the first one of an optimizer step the masks of the others, as ``coming``.

    A mean over pixels needs their number before the first backward pass. So as many batches are kept in memory as share
    a step, beside those that the workers load ahead; with one batch per step, none.

    Args:
        dataset: As of ``DataLoader``.
        batches_at: Maps the position of a batch in its epoch to the number of batches, from 1, of the step that begins
            there; 1 where none begins. It is asked as the batch is needed.
        first_position: Returns the position of an iteration's first batch.
        options: All others of ``DataLoader``.
    """

    def __init__(
        self,
        dataset: Any,  # noqa: ANN401  (as of DataLoader)
        batches_at: Callable[[int], int],
        first_position: Callable[[], int],
        **options: Any,  # noqa: ANN401  (those of DataLoader)
    ) -> None:
        super().__init__(dataset, **options)
        self.batches_at, self.first_position = batches_at, first_position

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]  # an iterator, in place of torch's own
        """Iterate over an epoch, or what is left of it."""
        return self._marked(super().__iter__())

    def _marked(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        ahead: deque[Batch] = deque()
        position: int | None = None
        while True:
            if position is None:
                ahead.extend(islice(batches, 1))  # begins the iteration, and with it that of the sampler
                position = self.first_position()
            count = self.batches_at(position)
            ahead.extend(islice(batches, max(0, count - len(ahead))))
            if not ahead:
                return
            batch = ahead.popleft()
            if count > 1:
                batch["coming"] = [other["mask"] for other in islice(ahead, count - 1)]
            yield batch
            position += 1
            ahead.extend(islice(batches, 1))
