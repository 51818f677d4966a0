"""A shift on a fake clock, from one seed: the real store, operations and parts against a small, honest outside world.

`world.py` is time; `gateway_process.py` and `bridge_process.py` are what is tried; broker, printers, screens, guests,
staff and cloud are the world outside; `faults.py` breaks things; `ledger.py` and `invariants.py` look on.
"""
