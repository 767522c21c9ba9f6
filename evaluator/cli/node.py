"""`terminarium node`: this machine runs systems for the platform."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from evaluator.cli.files import add_json
from evaluator.node.errors import ExtraMissingError
from evaluator.node.settings import Settings

DESCRIPTION = """\
Run systems in containers for the platform, one at a time, until SIGTERM. Settings come from the
environment: NODE_URL, NODE_TOKEN (or NODE_TOKEN_FILE) and NODE_BROKER_URL are needed; NODE_GPUS,
NODE_RUNTIME, NODE_CPUS, NODE_MEMORY, NODE_IMAGE_BUDGET, NODE_STATE_DIR, NODE_GRACE, NODE_PATIENCE
and DOCKER_HOST have defaults. The operator's guide explains them."""
EXAMPLES = """\
examples:
  terminarium node --check
  NODE_GPUS=0,1 terminarium node"""
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    command.add_argument(
        "--check", action="store_true", help="try everything that a node needs, and run nothing"
    )
    add_json(command)


def run(options: argparse.Namespace) -> int:
    """Run the node, or check what it needs; 1 if that can't be."""
    try:
        from evaluator.node.service import run_node
    except ImportError as error:
        raise ExtraMissingError from error
    settings = Settings.from_environment(os.environ)
    if options.check:
        return _check(settings, options)
    if options.json:
        print("terminarium node: error: --json goes with --check", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stderr)
    return run_node(settings)


def _check(settings: Settings, options: argparse.Namespace) -> int:
    from evaluator.node.readiness import check_needs

    checks: list[dict[str, object]] = []
    options.answer = {"checks": checks}
    for need in check_needs(settings):
        checks.append({"name": need.name, "works": need.works, "text": need.text})
        if not options.json:
            word = "works" if need.works else "FAILS"
            # No table: each row appears as soon as it is known.
            print(f"{need.name:<10}{word}  {need.text}", flush=True)
    return 0 if all(check["works"] for check in checks) else 1
