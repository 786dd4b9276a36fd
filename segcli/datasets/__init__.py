"""Datasets that yield samples."""
