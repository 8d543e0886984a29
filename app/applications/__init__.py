"""Applications to jobs, each with the repost path it came by. Publishes `application.created`."""
