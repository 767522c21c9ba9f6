"""The GPUs of this machine, listed by NVIDIA's own program."""

from __future__ import annotations

import subprocess

from evaluator.node.errors import SettingsError

PROGRAM = "nvidia-smi"
TIMEOUT = 60  # seconds; the driver may have to be loaded first
REMEDY = "Name them: NODE_GPUS=0,1"


def list_gpus() -> tuple[str, ...]:
    """Return the indices of all GPUs; raises SettingsError if there are none, or no list."""
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
    indices = tuple(line.strip() for line in done.stdout.splitlines() if line.strip())
    if not indices or not all(map(str.isdecimal, indices)):
        raise SettingsError(f"NODE_GPUS is all, but {PROGRAM} lists none. {REMEDY}")
    return indices
