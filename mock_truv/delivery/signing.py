"""The signature of a webhook: ``X-WEBHOOK-SIGN: v1=`` and the hex HMAC-SHA256 of the raw body (security page).

The key is the access secret, prefix included. There is no time stamp in it.
"""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-WEBHOOK-SIGN"
USER_AGENT = "Truv-Webhook-Service/2.0"


def sign(body: bytes, secret: str) -> str:
    """Return the value of ``X-WEBHOOK-SIGN`` for a raw body."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(body: bytes, secret: str, signature: str) -> bool:
    """Return whether ``signature`` is right for a raw body, compared in constant time."""
    return hmac.compare_digest(sign(body, secret).encode(), signature.encode(errors="replace"))
