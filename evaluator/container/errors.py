"""Failures on our side of a run."""

from __future__ import annotations

from typing import Literal

from evaluator.errors import InfrastructureError, printable

Step = Literal["load", "create", "start"]  # from an archive to a container that runs
REASON_CHARACTERS = 300


class SdkMissingError(InfrastructureError):
    """The Docker SDK is not installed: it is an extra."""

    def __init__(self) -> None:
        super().__init__(
            "Running images needs the Docker SDK for Python. Install it:  "
            "pip install 'docker>=7.1,<8'"
        )


class EngineError(InfrastructureError):
    """The engine failed, or does not answer any more.

    `step` is the step with an image that the engine refused, in an answer of its own. The reason
    may be the image or the machine: only another image can tell. None without such an answer.
    """

    def __init__(self, text: str, *, step: Step | None = None) -> None:
        self.step = step
        super().__init__(text)


class EngineUnavailableError(EngineError):
    """No engine answers at this address."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(
            f"No Docker engine answers at {address} ({reason}). Start one; if it listens "
            "elsewhere, name its socket in DOCKER_HOST, such as unix:///var/run/docker.sock. "
            "`docker context inspect` shows where the one of your docker command listens."
        )


class ImageUnavailableError(EngineError):
    """The engine has no such image."""


class GpuUnavailableError(EngineError):
    """The engine has no driver for GPUs, or not this GPU."""


def find_root_reason(error: BaseException) -> str:
    """Return the text of the innermost error: the errors around it repeat it in more words."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return printable(str(text), REASON_CHARACTERS)
