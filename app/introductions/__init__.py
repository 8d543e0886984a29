"""Being introduced by somebody both sides know: the ways through the follow graph, and what is asked along them.

Publishes `introduction.requested`, `introduction.forwarded`, `introduction.accepted`, `introduction.declined`,
`introduction.withdrawn` and `introduction.expired`.
"""
