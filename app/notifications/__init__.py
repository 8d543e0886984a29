"""What an account is told: notifications, their policy and requests. Publishes `notification.created`,
`notification.message_admitted` and `notification.sender_accepted`."""
