"""Runs docket's own test suite on burner-redis and compares with what has to pass."""
