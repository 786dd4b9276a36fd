"""The page that ``compare`` writes."""
