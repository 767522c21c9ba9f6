"""How organisers' texts and instants are written on the pages of a shared task."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone as django_timezone

from evaluator.container import GB, MB, Limits
from sharedtasks.templatetags import tasks

NOW = datetime(2026, 3, 5, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"),
        ("", ""),
        # HTML is text, wherever it stands.
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n"),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>\n"),
        ('[a](/b "<i>")', '<p><a href="/b" title="&lt;i&gt;">a</a></p>\n'),
        # Headings begin below the page's, and skip no level.
        ("# a", "<h2>a</h2>\n"),
        ("### a", "<h2>a</h2>\n"),
        ("# a\n### b\n# c", "<h2>a</h2>\n<h3>b</h3>\n<h2>c</h2>\n"),
        ("###### a\n##### b", "<h2>a</h2>\n<h2>b</h2>\n"),
    ],
)
def test_commonmark_is_written_as_safe_html(text, html):
    assert tasks.markdown(text) == html


def test_a_table_has_no_inline_style():
    html = tasks.markdown("| a | b | c |\n|---|--:|:-:|\n| 1 | 2 | 3 |\n")

    assert '<td class="number">2</td>' in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("write", "written"),
    [(tasks.utc, "3 Dec 2026, 11:59"), (tasks.aoe, "2 Dec 2026, 23:59")],
)
def test_an_instant_is_told_in_two_zones(write, written):
    at = datetime(2026, 12, 3, 11, 59, tzinfo=UTC)

    assert write(at) == f'<time datetime="2026-12-03T11:59:00+00:00">{written}</time>'


def test_the_readers_own_time_is_left_to_the_reader():
    assert tasks.local(NOW) == (
        '<time class="local-time" datetime="2026-03-05T12:00:00+00:00"></time>'
    )


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(seconds=-3), "in less than a minute"),  # passed while the page was made
        (timedelta(seconds=59), "in less than a minute"),
        (timedelta(seconds=60), "in 1 minute"),
        (timedelta(minutes=59, seconds=59), "in 59 minutes"),
        (timedelta(hours=1), "in 1 hour"),
        (timedelta(hours=23, minutes=59), "in 23 hours"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(days=40), "in 40 days"),
    ],
)
def test_what_is_left_until_a_deadline(left, words, monkeypatch):
    monkeypatch.setattr(django_timezone, "now", lambda: NOW)

    assert f">{words}</time>" in tasks.until(NOW + left)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(), "2 h, 64 GB of memory without swap, 8 processors, 1,024 processes and threads;"),
        (Limits(wall_time=90, cpus=1), "1 min 30 s, 64 GB of memory without swap, 1 processor,"),
        (Limits(wall_time=5400, memory=512 * MB), "1 h 30 min, 512 MB of memory"),
        (Limits(tmp=3 * GB // 2), "1.5 GB in /tmp and 8 GB of shared memory"),
        (Limits(output=10 * MB, line=5000), "10 MB of output, 5,000 bytes a line"),
    ],
)
def test_what_a_run_may_use_in_words(limits, words):
    written = tasks.limits(limits)

    assert words in written.replace(tasks.NO_BREAK, " ")
    assert not re.search(r"\d (h|min|s|GB|MB)\b", written)  # a number stays with its unit
