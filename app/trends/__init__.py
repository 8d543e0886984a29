"""What many people talk about now: tags and posts, decayed counts in Valkey. Publishes nothing."""
