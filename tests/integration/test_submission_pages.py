"""Watching what becomes of an upload."""

from __future__ import annotations

import re
from datetime import timedelta
from html import escape, unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from sharedtasks import models
from submissions import work
from submissions.models import Entry, Submission
from submissions.pipeline.tasks import check, score
from submissions.states import EntryState, SubmissionState
from tests.integration.samples import PERFECT, as_sgml, as_text, as_zip

pytestmark = pytest.mark.django_db
POLL = {"HX-Request": "true"}


def is_polling(response):
    """Say whether a page asks for news; without JavaScript it then offers a link to do so."""
    assert ("hx-trigger" in response.text) == ("<noscript>" in response.text)
    return "hx-trigger" in response.text


def checked(submission):
    check.apply(args=[submission.pk], task_id="task-1")
    submission.refresh_from_db()
    return submission


# A submission's page


def test_a_waiting_submission_says_so_and_polls(alices, make_submission):
    response = alices.get(make_submission().get_absolute_url())

    assert "waits for a worker" in response.text
    assert is_polling(response)


def test_a_claimed_submission_says_that_it_is_being_read(alices, make_submission):
    submission = make_submission(claimed_by="task-1", claimed_at=timezone.now(), attempts=1)

    response = alices.get(submission.get_absolute_url())

    assert "A worker is reading your file." in response.text


def test_what_is_polled_is_the_piece_alone(alices, make_submission):
    url = make_submission().get_absolute_url()

    piece, page = alices.get(url, headers=POLL), alices.get(url)

    assert is_polling(piece)
    assert "<html" not in piece.text
    assert piece.text.strip() in page.text
    assert "no-store" in piece.headers["Cache-Control"]


@pytest.mark.parametrize("state", sorted(set(SubmissionState.values) - {"checking"}))
def test_a_final_submission_stops_polling(alices, make_submission, state):
    url = make_submission(state=state).get_absolute_url()

    assert not is_polling(alices.get(url, headers=POLL))
    assert not is_polling(alices.get(url))


def test_an_accepted_submission_leads_to_its_entry(alices, make_submission):
    submission = checked(make_submission())

    response = alices.get(submission.get_absolute_url())

    assert submission.entries.get().get_absolute_url() in response.text
    assert "alice" in response.text  # in the timeline


def test_a_refused_submission_lists_its_problems(alices, make_submission):
    submission = checked(
        make_submission(as_sgml(PERFECT).replace(b'<seg id="2">', b'<seg id="9">'))
    )

    response = alices.get(submission.get_absolute_url())

    assert "4 problems found" in response.text
    assert "What to fix" in response.text
    assert "The test set has no such segment in document notice." in response.text
    assert "Submit a corrected file" in response.text


def test_many_problems_are_counted_not_shown(alices, make_submission):
    submission = checked(make_submission(b'{"id": "1"}\n' * 1500))

    response = alices.get(submission.get_absolute_url())

    assert response.text.count('<td class="number" data-label="Line">') == 1
    assert "(in 1,000 lines or more: 1, 2, 3, 4, 5, …)" in response.text
    assert "… and 502 more." in response.text


def test_equal_problems_are_one_row_and_refused_files_come_first(
    alices, make_submission, make_test_set
):
    make_test_set(target_language="ru")
    files = [("a.en-fr.txt", b"a\n\nc\nd\n"), ("b.en-ru.jsonl", b'{"fr": "x"}\n' * 4)]
    submission = checked(make_submission(files=files))

    text = alices.get(submission.get_absolute_url()).text

    headings = re.findall(r'<h3><span class="file-name">(.*?)</span>', text)
    assert headings == ["b.en-ru.jsonl", "a.en-fr.txt"]
    assert text.count("There is no &quot;id&quot;.") == 1
    assert "(in all 4 lines)" in text
    assert ">None<" not in text  # a problem of lines has no segment


def test_a_failed_submission_says_whose_fault_it_was(alices, make_submission):
    submission = make_submission(state="failed", reason=work.REASON_GAVE_UP)

    response = alices.get(submission.get_absolute_url())

    assert work.REASON_GAVE_UP in response.text
    assert f"{work.REASON_GAVE_UP}." not in response.text  # one full stop is enough


def test_what_a_team_wrote_is_text_never_markup(alices, make_submission):
    submission = checked(
        make_submission(
            b'{"id": "<script>x</script>", "translation": "a"}\n',
            system="<i>x</i>",
            file_name='"><script>.txt',
        )
    )

    addresses = [submission.get_absolute_url(), reverse("submissions")]
    for url in [*addresses, f"{reverse('submit', args=['spring', 'test'])}?again={submission.pk}"]:
        text = alices.get(url).text
        assert "<i>x" not in text
        assert "<script>" not in text


# An entry's page


def test_an_entry_polls_until_it_is_scored(alices, make_entry):
    entry = make_entry()
    waiting = alices.get(entry.get_absolute_url(), headers=POLL)
    Entry.objects.filter(pk=entry.pk).update(claimed_by="task-2", attempts=2)
    claimed = alices.get(entry.get_absolute_url(), headers=POLL)

    assert "It waits for a worker." in waiting.text
    assert "A worker is scoring it now (attempt 2)." in claimed.text
    assert is_polling(waiting)
    assert is_polling(claimed)
    assert "<html" not in claimed.text


@pytest.mark.parametrize("state", [EntryState.SCORED, EntryState.FAILED])
def test_a_final_entry_stops_polling(alices, make_entry, state):
    url = make_entry(columns={"state": state}).get_absolute_url()

    assert not is_polling(alices.get(url, headers=POLL))
    assert not is_polling(alices.get(url))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("km", "Khmer (km) is written without spaces, and there is no tokeniser"),
        ("gsw", "no lemmatiser for Swiss German"),
        ("eu", "no lemmatiser for Basque (eu): inflected terms count as missed unless inside"),
        ("nl", "provisional rules in Dutch (nl)"),
        ("vi", ""),
        ("pl", ""),
        ("de", ""),
    ],
)
def test_a_scored_entry_says_what_is_missing_for_its_language(
    alices, make_scored_entry, target, words
):
    entry = make_scored_entry()
    models.TestSet.objects.filter(pk=entry.test_set_id).update(target_language=target)

    page = alices.get(entry.get_absolute_url()).text

    assert words in page
    assert ("language-gap" in page) == bool(words)


def test_a_scored_entry_shows_every_score_with_its_signature(alices, make_scored_entry):
    entry = make_scored_entry()

    text = alices.get(entry.get_absolute_url()).text

    for found in entry.scores.all():
        assert repr(found.value) in text
        assert escape(found.signature) in text


@pytest.mark.parametrize("is_verified", [False, True])
def test_a_team_that_is_not_verified_reads_who_sees_its_scores(
    alices, make_scored_entry, team, is_verified
):
    type(team).objects.update(is_verified=is_verified)

    response = alices.get(make_scored_entry().get_absolute_url())

    assert ("Until an organiser has verified Lexica" in response.text) == (not is_verified)


def test_a_failed_entry_says_why(alices, make_entry):
    entry = make_entry(columns={"state": "failed", "reason": work.REASON_GAVE_UP})

    assert work.REASON_GAVE_UP in alices.get(entry.get_absolute_url()).text


# The upload, given back


@pytest.mark.parametrize("name", ["output.txt", "ünïcode 译.sgm", 'a"b;c.html', "x.html"])
def test_the_team_gets_back_what_it_sent(alices, make_submission, name):
    content = b"<script>alert(1)</script>\r\n\xff" + as_text(PERFECT)
    submission = make_submission(content, file_name=name)

    response = alices.get(reverse("submission-file", args=[submission.pk, 0]))

    assert b"".join(response) == content
    assert response.headers["Content-Disposition"].startswith("attachment; filename")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert int(response.headers["Content-Length"]) == len(content)


def test_no_cache_keeps_a_teams_upload(alices, make_submission):
    response = alices.get(reverse("submission-file", args=[make_submission().pk, 0]))

    # Shared caches must not keep what signed-in viewers get.
    assert b"".join(response) == as_text(PERFECT)
    assert "private" in response.headers.get("Cache-Control", "")


def test_a_submission_that_was_refused_can_be_fetched_too(alices, make_submission):
    submission = checked(make_submission(b"one line\n"))

    response = alices.get(reverse("submission-file", args=[submission.pk, 0]))

    assert b"".join(response) == b"one line\n"
    assert Submission.objects.get().state == SubmissionState.REFUSED


# What is polled ---------------------------------------------------------------------------


def polled_address(response):
    return unescape(re.search(r'hx-get="([^"]+)"', response.text)[1])


@pytest.mark.parametrize("make", ["make_submission", "make_entry"])
def test_a_poll_answers_nothing_until_something_has_changed(alices, request, make):
    row = request.getfixturevalue(make)()
    address = polled_address(alices.get(row.get_absolute_url()))

    unchanged = alices.get(address, headers=POLL)
    type(row).objects.filter(pk=row.pk).update(claimed_by="task-9")
    changed = alices.get(address, headers=POLL)

    assert (unchanged.status_code, unchanged.content) == (204, b"")
    assert "HX-Request" in unchanged.headers["Vary"]
    assert changed.status_code == 200
    assert polled_address(changed) != address
    assert "<html" in alices.get(address).text  # who opens it without the script sees the page


def test_a_submission_polls_until_its_entries_are_scored(alices, make_entry):
    entry = make_entry()
    address = polled_address(alices.get(entry.submission.get_absolute_url()))

    score.apply(args=[entry.pk], task_id="task-9")
    piece = alices.get(address, headers=POLL)

    assert not is_polling(piece)
    assert "state-scored" in piece.text


@pytest.mark.parametrize(("minutes", "pace"), [(1, "every 1s"), (3, "every 5s")])
def test_who_waits_for_long_asks_less_often(alices, make_submission, minutes, pace):
    since = timezone.now() - timedelta(minutes=minutes)
    submission = make_submission(state_since=since)

    assert f'hx-trigger="{pace}"' in alices.get(submission.get_absolute_url()).text


def test_a_page_with_many_files_takes_few_queries(
    alices, make_submission, django_assert_max_num_queries
):
    files = {f"{number:02}.txt": b"x\n" for number in range(60)}
    submission = checked(make_submission(files=[("a.zip", as_zip(files))]))

    with django_assert_max_num_queries(14):
        response = alices.get(submission.get_absolute_url())

    assert response.text.count('class="file-problems"') == 60
