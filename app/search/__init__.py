"""Search in timelines and jobs: one port, PostgreSQL and Meilisearch behind it."""
