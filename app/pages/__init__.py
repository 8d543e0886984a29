"""The few pages people see without an app: the front page, a job's page, letter avatars."""
