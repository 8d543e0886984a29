"""Posts that wait for their time. Publishes nothing: when its time comes, a post publishes itself."""
