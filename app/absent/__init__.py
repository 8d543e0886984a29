"""What Mastodon's API has and Weizhi has not: answers that are valid, empty or refusing, and say so. No events."""
