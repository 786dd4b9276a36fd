"""Public data sets: what is known of each, and how they get onto the disk. Free of torch."""
