"""Work belongs to the transaction that causes it.

`publish` writes an event (and its audit row) in the caller's transaction; the relay in the worker
expands each event into one task per handler, and runs tasks under a lease until they succeed or die.
States and the retry schedule are drawn in docs/outbox.md.
"""
