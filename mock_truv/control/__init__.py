"""The control API under ``/_mock/``: what a test or a developer does to the world, beside Truv's own API."""
