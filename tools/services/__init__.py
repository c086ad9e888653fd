"""Servers on loopback for tests and for trying Isobar out: `make services`, `make services-down`.

A server is a file under `servers/`: what it needs, how it starts, how it is checked, and the variables of its clients. Nothing
here runs in production.
"""
