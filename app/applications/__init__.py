"""Applications to jobs, each with the repost path it came by and the stages it went through. Publishes
`application.created`, `application.stage_changed` (each move, a withdrawal too) and `application.hired`."""
