"""What operators decide about accounts: suspension, and the verified badge (Weibo's V).

Publishes `account.suspended`, `account.unsuspended`, `account.restored`, `account.verified` and `account.unverified`.
"""
