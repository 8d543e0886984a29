"""How far a reader has read. Publishes nothing."""
