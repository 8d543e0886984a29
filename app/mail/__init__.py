"""The port through which mail leaves, and the outbox that shows it in development. Publishes nothing."""
