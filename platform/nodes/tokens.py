"""What a node shows instead of a password: kept as its SHA-256, and told once."""

from __future__ import annotations

import secrets
from hashlib import sha256

from django.utils import timezone

from nodes.models import Node

TOKEN_BYTES = 32  # of randomness: nothing that is guessed, so that a plain hash will do
MAX_TOKEN = 200  # characters of a header that are looked at


def add_node(name: str) -> tuple[Node, str]:
    """Make a node and its token, which nobody can read again. Raises ValidationError."""
    token = new_token()
    node = Node(name=name, token_hash=hashed(token))
    node.full_clean()
    node.save()
    return node, token


def new_token() -> str:
    """Return a token that nobody has."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hashed(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode(errors="replace")).hexdigest()


def node_of(token: str) -> Node | None:
    """Return whose token it is; None if nobody's, or of a node whose token was revoked.

    It is looked up by its hash: how long that takes says nothing about the token.
    """
    if not token or len(token) > MAX_TOKEN:
        return None
    return Node.objects.filter(token_hash=hashed(token), revoked_at=None).first()


def revoke(node: Node) -> bool:
    """Have a node's token open nothing any more; False if it was so before."""
    return bool(Node.objects.filter(pk=node.pk, revoked_at=None).update(revoked_at=timezone.now()))
