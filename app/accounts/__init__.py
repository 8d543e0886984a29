"""People and organisations as they appear: profiles, registration, counters.

Publishes `account.registered`, `account.unlocked` and `account.profile_changed`.
"""
