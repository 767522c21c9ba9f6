"""Keeps out of a process what sacrebleu would import and never uses; import it before sacrebleu.

sacrebleu locks files by portalocker, which imports redis where that is installed, for a lock that
nobody here takes: a quarter of all imports of a scoring process.
"""

from __future__ import annotations

import sys

NEVER_USED = "portalocker.redis"

if "portalocker" not in sys.modules:
    sys.modules[NEVER_USED] = None  # type: ignore[assignment]  # its import fails, as without redis
    import portalocker  # noqa: F401

    del sys.modules[NEVER_USED]
