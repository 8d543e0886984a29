"""What the service says of itself: name, limits, rules, texts, numbers, and how to find its accounts. No events."""
