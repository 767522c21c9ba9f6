"""The runs of an entry, for pages of apps that know nothing of nodes."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils import timezone

from nodes.pages import panel
from nodes.pages.views import panel_context
from sharedtasks.viewers import viewer_of
from submissions.models import Entry

register = template.Library()

MB, GB = 1024**2, 1024**3
MINUTE, HOUR = 60, 3600  # seconds


@register.inclusion_tag("nodes/_run_panel.html", takes_context=True)
def run_panel(context: template.RequestContext, entry: Entry) -> dict[str, object]:
    """Show the runs of an entry to a viewer; while the entry waits or runs, the panel polls."""
    viewer = viewer_of(context["request"].user)
    return panel_context(panel.of_entry(entry, viewer, timezone.now()))


@register.filter
def memory(size: int) -> str:
    """Write bytes of memory as limits are written."""
    return f"{size / GB:,.1f} GB" if size >= GB else f"{size / MB:,.0f} MB"


@register.filter
def duration(seconds: float) -> str:
    """Write a length of time: 3.2 s, 4 min 10 s, 1 h 5 min."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    whole = timedelta(seconds=round(seconds))
    minutes, rest = divmod(int(whole.total_seconds()), MINUTE)
    if seconds < HOUR:
        return f"{minutes} min {rest} s"
    return f"{minutes // MINUTE} h {minutes % MINUTE} min"


@register.filter
def about(seconds: float) -> str:
    """Write an estimate, no finer than it is."""
    if seconds < MINUTE:
        return "less than a minute"
    if seconds < HOUR:
        minutes = round(seconds / MINUTE)
        return f"about {minutes} minute{'' if minutes == 1 else 's'}"
    hours = round(seconds / HOUR)
    return f"about {hours} hour{'' if hours == 1 else 's'}"
