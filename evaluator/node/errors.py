"""What can go wrong on a node, told apart by what it does then."""

from __future__ import annotations

from evaluator.errors import InfrastructureError


class NodeError(InfrastructureError):
    """The node can't do its work; the text says why."""


class SettingsError(NodeError):
    """The environment does not say what the node needs; the text names the variable."""


class ExtraMissingError(NodeError):
    """Celery is not installed: it is an extra."""

    def __init__(self) -> None:
        super().__init__("A node needs more packages:  pip install 'terminarium[node]'")


class PlatformError(NodeError):
    """The platform did not answer as wanted."""


class UnreachableError(PlatformError):
    """No answer, or one that says "later": worth another try."""


class UnexpectedAnswerError(PlatformError):
    """An answer that is none of the protocol's: another try would bring the same."""

    def __init__(self, text: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(text)


class FenceRefusedError(PlatformError):
    """The run is not this node's any more: it is to be stopped, and nothing more is to be told."""


class AnotherProcessError(FenceRefusedError):
    """Another process works with this node's token; the text names it and the remedy."""


class TokenRefusedError(PlatformError):
    """The platform does not know this node's token."""

    def __init__(self) -> None:
        super().__init__(
            "The platform does not know this node's token. Make a new one in its admin panel, or "
            "by `manage.py add_node`, and put it into NODE_TOKEN."
        )


class StopError(NodeError):
    """The run is to end before its container has begun: cancelled, handed back, or lost."""


class AssignmentError(NodeError):
    """A run as the platform describes it can't be understood; the text names the field."""
