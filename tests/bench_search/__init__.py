"""`make bench-search`: how well searches find what was judged to be relevant, and how fast they are on a full index.

`data/` has the rows, the queries and what these are judged by; see `data/README.md`.
"""
