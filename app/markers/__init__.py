"""How far a reader has read. Publishes nothing: nothing is derived from it, and it is nobody else's business."""
