"""Benchmarks: the figures that burner-redis claims, and how to take them again."""
