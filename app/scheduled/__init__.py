"""Posts that wait for their time. Publishes nothing of its own: each becomes a post."""
