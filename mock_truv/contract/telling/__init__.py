"""Tell a history as a story."""
