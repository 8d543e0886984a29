"""Likes, bookmarks, pins and muted conversations: what a reader does with a post.

Publishes `like.created` and `like.removed`; the others are nobody else's business.
"""
