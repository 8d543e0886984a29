"""Web Push subscriptions and the sending of pushes. Publishes nothing."""
