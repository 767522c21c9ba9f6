"""The GPUs of this machine, as NVIDIA's own program lists them."""

from __future__ import annotations

import subprocess

from evaluator.node.errors import SettingsError

PROGRAM = "nvidia-smi"
TIMEOUT = 60  # seconds; a driver that is loaded for this takes some
REMEDY = "Name them: NODE_GPUS=0,1"


def all_gpus() -> tuple[str, ...]:
    """Return the indices of all; raises SettingsError if they can't be listed, or there is none."""
    command = [PROGRAM, "--query-gpu=index", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True)
    except FileNotFoundError:
        raise SettingsError(f"NODE_GPUS is all, but {PROGRAM} is not here. {REMEDY}") from None
    except (OSError, subprocess.SubprocessError) as error:
        reason = str(getattr(error, "stderr", None) or error).strip()
        raise SettingsError(
            f"NODE_GPUS is all, but {PROGRAM} failed ({reason}). {REMEDY}"
        ) from None
    found = tuple(line.strip() for line in done.stdout.splitlines() if line.strip())
    if not found or not all(one.isdecimal() for one in found):
        raise SettingsError(f"NODE_GPUS is all, but {PROGRAM} lists none. {REMEDY}")
    return found
