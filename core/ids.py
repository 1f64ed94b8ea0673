"""Identifiers."""

from __future__ import annotations

import hashlib
import secrets
import uuid


def new_id() -> str:
    """A random UUID as text. LINE wants its retry keys in this form."""
    return str(uuid.uuid4())


def new_secret(bits: int = 256) -> str:
    """A URL-safe random token; 256 bits by default (OWASP ASVS 7.2.3 asks for at least 128)."""
    return secrets.token_urlsafe(bits // 8)


def digest(secret: str) -> str:
    """SHA-256 of a random token, so that the stored form cannot be used to log in."""
    return hashlib.sha256(secret.encode()).hexdigest()
