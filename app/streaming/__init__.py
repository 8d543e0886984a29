"""Open streams (SSE and WebSocket) and the broadcast that feeds them. Publishes nothing."""
