"""Reading mails that the site has sent."""

from __future__ import annotations

import re
from email.message import EmailMessage


def link(message: EmailMessage) -> str:
    """Return the path of the link in a mail."""
    found = re.search(r"https?://testserver(/\S+)", str(message.body))
    assert found is not None, message.body
    return found[1]
