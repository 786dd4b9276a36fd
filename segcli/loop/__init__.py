"""What the training loop does beside its steps: log, thaw stages, tell modules how far the run is."""
