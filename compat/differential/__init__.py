"""Runs tables of cases on our engine and on a real redis-server and compares the answers to the byte."""
