"""Metrics from confusion matrices."""
