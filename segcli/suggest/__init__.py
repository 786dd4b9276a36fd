"""Unlabelled images, ranked by what a model would learn from their labels."""
