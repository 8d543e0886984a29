"""Web Push: subscriptions, our VAPID key, and the sending of pushes. Publishes nothing."""
