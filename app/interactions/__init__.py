"""Likes, bookmarks, pins and muted conversations: what a reader does with a post."""
