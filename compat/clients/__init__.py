"""Runs those who speak to a Redis over a socket, each with a small real job, against our server."""
