"""The world of one sandbox: what Truv knows, and its rules. No clock, no socket, no outside chance."""
