"""Webhooks over real HTTP: the signature, the request, the redirects, the refusal of strange hosts."""
