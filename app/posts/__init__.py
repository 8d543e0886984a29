"""Posts, reposts and quotes, and the path each travelled.

Publishes `post.published`, `post.edited`, `post.quote_policy_changed`, `quote.revoked` and `post.deleted`.
"""
