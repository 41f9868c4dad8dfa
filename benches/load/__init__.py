"""redis-benchmark's load on the server of this package and on a redis-server, in one run."""
