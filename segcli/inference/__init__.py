"""Turn logits into label maps, and label maps into files."""
