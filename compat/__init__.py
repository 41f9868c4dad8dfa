"""What burner-redis is measured against: others' test suites and real servers."""
