"""Many runs of one experiment with some of its values varied. Torch-free."""
