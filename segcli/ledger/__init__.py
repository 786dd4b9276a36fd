"""Recorded results: what was measured, with which experiment, and whether that is still so."""
