"""`manage.py add_node NAME`: make a node and print its token, once."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from audit.recording import Actor
from nodes.models import Node
from nodes.protocol import tokens


class Command(BaseCommand):
    """Make a node."""

    help = "Make a node and print its token. It is shown this once: only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="letters, digits, hyphens: gpu-1")

    def handle(self, *, name: str, **_: object) -> None:
        if Node.objects.filter(name=name).exists():
            raise CommandError(
                f"There is a node {name!r} already, perhaps a revoked node. Choose another name."
            )
        try:
            made, token = tokens.add_node(name, actor=Actor.of_command("add_node"))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stderr.write(f"Node {made} is added. Its token is shown only this once:")
        self.stdout.write(token)
