"""Topics: how much they are used, who follows them, who shows them on a profile.

Publishes `tag.followed` and `tag.unfollowed`.
"""
