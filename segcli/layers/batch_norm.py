"""Batch normalisation (Ioffe & Szegedy, 2015), https://arxiv.org/abs/1502.03167, that one image can train.

One value per channel, as of one image whose map was pooled to a pixel, has no deviation, and torch refuses to train on
it. Then the running statistics stand in for those of the batch, as in evaluation, and are left as they are. Until they
have seen a larger batch they are 0 and 1, so that the map passes as it is.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class BatchNorm(nn.BatchNorm2d):
    """Normalise every channel over images and pixels; over the past where there is one value only."""

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, H, W)`` to the same shape."""
        if self.training and x.numel() == x.shape[1]:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return super().forward(x)
