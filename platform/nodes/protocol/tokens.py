"""A node's token: shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets

from django.db import transaction

from audit.actions import Action
from audit.recording import Actor, record_event
from nodes.models import Node

TOKEN_BYTES = 32  # of randomness: nobody guesses it, so a plain hash keeps it


@transaction.atomic
def add_node(name: str, *, actor: Actor) -> tuple[Node, str]:
    """Make a node; return it with its token, which nobody can be shown again."""
    node = Node(name=name)
    token = give_token(node)
    node.full_clean()
    node.save()
    record_event(actor=actor, action=Action.CREATED, row=node)
    return node, token


def give_token(node: Node) -> str:
    """Give a new node, which is not saved yet, its token; return what nobody can read again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    node.token_hash = hash_of(token)
    return token


def node_of(token: str) -> Node | None:
    """Return whose token it is, None if it is nobody's or revoked."""
    return Node.objects.filter(token_hash=hash_of(token), revoked_at=None).first()


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
