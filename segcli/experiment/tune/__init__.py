"""Search a learning rate or a batch size before training."""
