"""Losses: (logits, mask) to a scalar."""
