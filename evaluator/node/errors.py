"""The errors of a node, told apart by how the node reacts."""

from __future__ import annotations

from evaluator.errors import InfrastructureError


class NodeError(InfrastructureError):
    """The node can't do its work; the text says why."""


class SettingsError(NodeError):
    """A setting is missing or wrong; the text names the variable."""


class ExtraMissingError(NodeError):
    """Celery is not installed: it is an extra."""

    def __init__(self) -> None:
        super().__init__("A node needs more packages:  pip install 'terminarium[node]'")


class PlatformError(NodeError):
    """The platform did not answer as the protocol says."""


class UnreachableError(PlatformError):
    """There is no answer, or the answer says "later": worth another try."""


class UnexpectedAnswerError(PlatformError):
    """An answer outside the protocol: another try would bring the same."""

    def __init__(self, text: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(text)


class FenceRefusedError(PlatformError):
    """The run is not this node's any more: stop it, and report nothing."""


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
    """The run must end before its container has begun: cancelled, handed back, or lost."""


class AssignmentError(NodeError):
    """A run as the platform describes it can't be understood; the text names the field."""
