"""A gateway in software, for tests, demo and bench: it speaks RADIUS as the families do and remembers the truth.

Decisions are sans-IO (nas.py, sessions.py); only runner.py and client.py know sockets.
"""
