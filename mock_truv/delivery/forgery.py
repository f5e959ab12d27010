"""Forged webhooks: bytes and signature of somebody who has no secret, or who changed the body."""

from __future__ import annotations

from mock_truv.delivery.signing import sign


def signed(body: bytes, secret: str, forgery: str | None) -> tuple[bytes, str | None]:
    """Return the bytes to send and the value of the signature header (None: no header)."""
    genuine = sign(body, secret)
    match forgery:
        case None:
            return body, genuine
        case "missing-header":
            return body, None
        case "empty":
            return body, ""
        case "wrong-prefix":
            return body, "v0=" + genuine[3:]
        case "truncated":
            return body, genuine[:-2]
        case "upper-case":
            return body, "v1=" + genuine[3:].upper()
        case "wrong-secret":
            return body, sign(body, secret[:-1] + ("0" if secret[-1] != "0" else "1"))
        case "production-secret":
            return body, sign(body, "prod-" + secret.partition("-")[2])
        case "tampered-byte":
            place = len(body) // 2
            return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], genuine
        case "appended-bytes":
            return body + b" ", genuine
        case "invalid-utf8":
            return body[:-1] + b', "note": "\xff\xfe"}', genuine
        case "signature-of-another":
            return body, sign(body.replace(b"webhook_id", b"webhook_no"), secret)
    raise AssertionError(f"there is no forgery {forgery!r}")
