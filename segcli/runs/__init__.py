"""The run folder and what it holds."""
