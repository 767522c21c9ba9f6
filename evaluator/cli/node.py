"""`terminarium node`: this machine runs systems for the platform."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from evaluator.node.errors import ExtraMissingError
from evaluator.node.settings import Settings

NAME = "node"
HELP = "run systems for the platform on this machine (for operators)"
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


def run(options: argparse.Namespace) -> int:
    """Run the node, or check what it needs; 1 if that can't be."""
    try:
        from evaluator.node.service import run_node
    except ImportError as error:
        raise ExtraMissingError from error
    settings = Settings.from_environment(os.environ)
    if options.check:
        return _check(settings)
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stderr)
    return run_node(settings)


def _check(settings: Settings) -> int:
    from evaluator.node.checks import findings

    is_well = True
    for found in findings(settings):
        is_well &= found.works
        print(f"{found.name:<10}{'works' if found.works else 'FAILS'}  {found.text}", flush=True)
    return 0 if is_well else 1
