"""The charts that ``compare`` draws."""
