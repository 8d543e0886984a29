"""A deterministic demo world: people, follows, posts, cascades, employers, jobs, applications."""
