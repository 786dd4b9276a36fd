"""Lightning callbacks: progress, pictures, tables, the run's records."""
