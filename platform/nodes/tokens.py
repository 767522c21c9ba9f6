"""A node's token: shown once, kept as a hash, revoked for good."""

from __future__ import annotations

import hashlib
import secrets

from django.utils import timezone

from nodes.models import Node

TOKEN_BYTES = 32  # of randomness: nobody guesses it, so a plain hash keeps it


def add_node(name: str) -> tuple[Node, str]:
    """Make a node; return it with its token, which nobody can be shown again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    node = Node(name=name, token_hash=hash_of(token))
    node.full_clean()
    node.save()
    return node, token


def node_of(token: str) -> Node | None:
    """Return whose token it is, None if it is nobody's or revoked."""
    return Node.objects.filter(token_hash=hash_of(token), revoked_at=None).first()


def revoke(node: Node) -> None:
    """From now on its token opens nothing; what it runs is lost when its lease ends."""
    Node.objects.filter(pk=node.pk, revoked_at=None).update(revoked_at=timezone.now())


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
