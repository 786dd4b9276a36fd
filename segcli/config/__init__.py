"""Compose experiment files: load, extend, merge, override, interpolate, check. Imports neither torch nor Lightning."""
