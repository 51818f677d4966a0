"""A shift on a fake clock, from one seed: the real store, operations and parts against a small, honest outside world.

`world.py` is time; `gateway_process.py` and `bridge_process.py` are what is tried; broker, printers, screens, guests,
staff and cloud are the world outside; `waiters.py` changes and serves what was ordered; `faults.py` breaks things.
`ledger.py` looks on, with `dishes.py` (how many), `changes_seen.py` (who was told) and `paper_trail.py` (what was
printed); `invariants.py` has the last word.
"""
