"""The log of who was shown which job, and through which post; kept for a month, then only counted. Publishes
`job.reached`."""
