"""What the service says of itself: instance v1 and v2, rules, nodeinfo, preferences. Publishes nothing."""
