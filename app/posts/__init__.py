"""Posts, reposts and quotes, and the path each travelled.

Publishes `post.published`, `post.edited` and `post.deleted`.
"""
