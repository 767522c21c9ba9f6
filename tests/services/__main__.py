"""Run a command with the real services that the tests need, and stop them afterwards.

    python -m tests.services -- python -m pytest

Each service is the test's own: a port of its own on loopback, its files in one temporary
folder. The command finds them through TERMINARIUM_TEST_… variables; one that is set already is
left as it is, and nothing is started for it. As root on Debian, missing packages are installed.
"""

from __future__ import annotations

import os
import sys

from tests.services.installing import ensure
from tests.services.known import SERVICES
from tests.services.running import Command, running
from tests.services.service import ServiceError, say


def main(arguments: list[str]) -> int:
    """Run the command after `--` with the services; return its exit status."""
    if len(arguments) < 2 or arguments[0] != "--":
        print(__doc__, file=sys.stderr)
        return 2
    command = Command()
    try:
        wanted = [service() for service in SERVICES if service.variable not in os.environ]
        with running(ensure(wanted), command.check) as variables:
            return command.run(arguments[1:], os.environ | variables)
    except ServiceError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
