"""Everything `weizhi run` and the tests start by themselves: PostgreSQL, Valkey, and our own processes.

Knows no settings and no domain; addresses and folders are passed in, URLs come out.
"""
