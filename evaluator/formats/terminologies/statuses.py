"""Words of term bases that say whether a translation may be used."""

from __future__ import annotations

import re
from typing import Literal

Status = Literal["preferred", "accepted", "forbidden", "unknown"]

# TBX's own (ISO 30042: `deprecatedTerm-admn-sts`), those of MultiTerm, TermWeb and memoQ, and what
# people write into a column; compared without case, spaces and the ending "term".
_WORDS: dict[Status, str] = {
    "preferred": "preferred standardized standardised legal regulated recommended mandatory",
    "accepted": "admitted accepted acceptable allowed approved permitted alternative synonym valid "
    "new proposed provisional draft released final ok yes active current",
    "forbidden": "forbidden prohibited deprecated superseded obsolete outdated notrecommended "
    "notallowed notapproved notpermitted notaccepted donotuse dontuse disallowed unacceptable "
    "rejected banned avoid blacklisted invalid incorrect wrong negative retired withdrawn "
    "nonpreferred verboten nichtverwenden veraltet abgelehnt interdit proscrit obsolète "
    "déconseillé àéviter запрещено запрещён 禁用 금지",
}
_STATUS_OF: dict[str, Status] = {
    word: status for status, words in _WORDS.items() for word in words.split()
}


def status_of(word: str) -> Status:
    """Return what a status says about the use of a translation; nothing said means accepted.

    Of several words (memoQ's `CasePermissive;Forbidden`) one that forbids decides.
    """
    if _status_of(word) == "unknown":
        parts = [part for part in re.split(r"[;,|/]", word) if part.strip()]
        if any(_status_of(part) == "forbidden" for part in parts):
            return "forbidden"
    return _status_of(word)


def _status_of(word: str) -> Status:
    plain = re.sub(r"-admn-sts$", "", word.strip().casefold())
    plain = re.sub(r"[\W_]+", "", plain)
    if not plain:
        return "accepted"
    plain = plain.removeprefix("is")
    return _STATUS_OF.get(plain) or _STATUS_OF.get(plain.removesuffix("term"), "unknown")
