"""Everything that happens, as functions: `operation(tx, now, ids, actor, ...)`. One operation is one transaction.

An operation reads and writes rows and calls nobody outside. What must leave the house is a row: an event in the
journal, or a job.
"""
