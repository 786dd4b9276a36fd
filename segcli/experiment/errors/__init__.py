"""Turn what libraries raise in a run into short errors with a place."""
