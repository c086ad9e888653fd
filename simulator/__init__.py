"""Seeded weather in the exact formats of the providers.

The simulator stands in for the network: the demo, the tests and the benchmarks load its files through the same pipelines
that load real archives. It imports nothing of the rest of the project. ``README.md`` in this folder says what is simulated
and what is not claimed.
"""

#: Changes whenever the same seed would give other bytes; written into every archive's marker file.
SIMULATOR_VERSION = "1"
