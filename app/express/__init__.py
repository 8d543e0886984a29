"""The fast lane: reads of timelines and posts, answered from this process's memory before routing (ADR 0019)."""
