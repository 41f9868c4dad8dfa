"""Runs tables of cases on our engine and on a real redis-server, and compares to the byte."""
