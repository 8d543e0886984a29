"""What an account is told: notifications, their policy and requests. Publishes `notification.created`."""
