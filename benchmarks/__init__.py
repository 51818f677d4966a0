"""Figures of the gateway, each beside a peer or a limit of the same run. `python -m benchmarks.run` runs them all."""
