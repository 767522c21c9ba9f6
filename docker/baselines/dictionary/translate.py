"""Copies each source with its terms replaced by the first target, longest terms first."""

from __future__ import annotations

import json
import re
import sys
from html import unescape

# Where two terms overlap the platform has marked the longer one; inflected forms are marked too.
TERM = re.compile(r'<term target="([^"]*)">.*?</term>')


def translate(annotated: str) -> str:
    """Return the annotated source as text, each term as the first of its targets."""
    return unescape(TERM.sub(lambda term: term[1].split("|")[0], annotated))


if __name__ == "__main__":
    for line in sys.stdin:
        segment = json.loads(line)
        answer = {"id": segment["id"], "translation": translate(segment["annotated"])}
        print(json.dumps(answer), flush=True)
