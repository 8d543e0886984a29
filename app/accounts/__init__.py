"""People and organisations as they appear: profiles, registration, counters. Publishes `account.registered`."""
