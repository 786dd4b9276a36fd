"""Compare finished runs: groups, statistics, convergence, cost, and reports of them. Torch-free."""
