"""Direct-message threads, one row a participant. Publishes `conversation.updated`."""
