"""Who follows whom. Publishes `follow.created` and `follow.removed`."""
