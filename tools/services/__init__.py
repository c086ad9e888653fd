"""Real servers on loopback for tests and for trying Isobar out: `make services`, `make services-down`.

A server is a file under `servers/`: how it is had, started, checked and stopped, and which variables lead to it. Nothing here
runs in production.
"""
