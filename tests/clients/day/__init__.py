"""A day of use, walked by Mastodon.py: runs in that library's own environment, so it imports nothing of ours."""
