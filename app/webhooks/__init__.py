"""Tells recruiters' own systems what happens (Standard Webhooks). Publishes `webhook.created`, `webhook.changed`,
`webhook.disabled` and `webhook.deleted`."""
