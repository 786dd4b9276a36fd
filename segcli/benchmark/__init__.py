"""How fast a model is in each of its forms, how much memory it takes, and whether its labels stay what they are."""
