"""What predictions are saved as, each in a file of its own."""
