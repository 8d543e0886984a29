"""Job posts: a job's facts, its lifecycle, and the post that carries it.

Publishes `job.published`, `job.updated` and `job.closed`.
"""
