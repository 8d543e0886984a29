"""Saved searches for jobs, and telling of new jobs that match them.

A new job is matched against all saved searches at once, each found by something it cannot do without (its `hooks`), so
that a job costs no more where more people look for other things: docs/decisions/0003 has how tasks run.
"""
