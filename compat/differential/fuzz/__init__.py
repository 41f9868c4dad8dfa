"""Random sequences of commands on a real server and on our engine, compared step by step."""
