"""Words and posts a reader does not want to meet. Publishes `filter.changed`."""
