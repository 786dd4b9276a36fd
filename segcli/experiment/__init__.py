"""Build an experiment's parts, run it, resume it: what the verbs that train and measure share."""
