"""What an account is told: notifications, their policy and requests. Publishes `notification.created`,
`notification.mentions_settled` and `notification.senders_accepted`."""
