"""All editions that can be imported, by the name that the command takes."""

from __future__ import annotations

from collections.abc import Mapping

from editions import tico19, wmt21, wmt25, wmt26
from editions.plans import Edition

EDITIONS: Mapping[str, Edition] = {
    "wmt21": wmt21.EDITION,
    "wmt25": wmt25.EDITION,
    "wmt26": wmt26.EDITION,
    "tico19": tico19.EDITION,
}
