"""Pictures and films: upload, processing, storage, serving. Publishes nothing: posts are the news."""
