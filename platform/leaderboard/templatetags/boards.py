"""A board's numbers as markup. A template would take ten times as long, and they are most of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django import template
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from config.templatetags.site import exact, score
from leaderboard.board_view import Cell

register = template.Library()


@register.filter
def cells(row: Iterable[Cell]) -> SafeString:
    """Write the numbers of a row; the signature is the heading's unless a number has its own."""
    return mark_safe("".join(map(_write_cell, row)))


def _write_cell(cell: Cell) -> str:
    place = "number begins-group" if cell.begins_group else "number"
    if cell.value is None:
        absent = '<span class="absent" title="Not defined for this entry">–</span>'
        return f'<td class="{place}">{absent}</td>'
    value, metric = exact(cell.value), escape(cell.column.metric)
    own = f' data-signature="{escape(cell.own_signature)}"' if cell.own_signature else ""
    mark = _read_cut_short_mark() if cell.is_cut_short else ""
    return (
        f'<td class="{place}"><data class="score" tabindex="-1" value="{value}" '
        f'data-metric="{metric}"{own} title="{value}">'
        f"{score(cell.value, cell.column.decimals)}{mark}</data></td>"
    )


@cache
def _read_cut_short_mark() -> str:
    return render_to_string("components/cut_short_mark.html")
