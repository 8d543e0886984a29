"""Job posts: a job's facts, its lifecycle, and the post that carries it.

Publishes `job.created`, `job.published`, `job.updated`, `job.paused`, `job.closed`, `job.expired` and `job.deleted`.
"""
