"""Whether an account's e-mail address is its own: the link that is mailed, and following it.

Publishes `confirmation.requested` and `email.confirmed`.
"""
