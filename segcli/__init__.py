"""Config-driven experiments for semantic image segmentation."""

__version__ = "0.4.0"
