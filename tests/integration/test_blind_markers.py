"""A marker in every text and time of a team's rows, searched on every page.

The fields come from the models, so a new field is covered as soon as it is there.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.db import models
from django.utils import timezone

from accounts.models import Membership, Team
from leaderboard import boards
from leaderboard.aliases import make_aliases
from leaderboard.blind_rows import hide_names
from leaderboard.snapshots import BoardRow
from sharedtasks.models import Phase
from submissions.models import Entry, Problem, Score, Submission
from tests.integration.board_rows import build
from tests.integration.node_rows import image_row, node_row, run_row, waiting_entry
from tests.integration.release_rows import release_row
from tests.integration.test_blind_walk import addresses

pytestmark = pytest.mark.django_db

TEXTS = (models.CharField, models.TextField, models.FileField, models.JSONField)
# What a visitor reads once names are public; the rest of these rows is never public.
PUBLIC = {
    "Team.name", "Team.slug", "Entry.system", "Submission.description", "Entry.excluded_reason",
}  # fmt: skip
PRIVATE = {
    "Team.institution", "Submission.system", "Submission.created_at", "Entry.reason",
    "SubmittedFile.name", "Problem.message", "Verdict.systems", "StateChange.at", "User.email",
    "EmailAddress.email", "Run.detail", "Entry.flag_note",
}  # fmt: skip
STATES = {"StateChange.old", "StateChange.new"}  # one of a few words; a constraint says which
SAID_SINCE = {"excluded_reason": "excluded_at", "flag_note": "flagged_at"}  # together, or neither
# A value of each type that a row holds, by the number of its field.
MADE = {
    "str": lambda number: f"zqx{number:03}q",
    "int": lambda number: 987_000 + number,
    "float": lambda number: 0.987 + number,
    "bool": lambda _: True,
    "Mapping[str, float]": lambda _: {},
    "Mapping[str, str]": lambda _: {},
    "Sequence[str]": lambda _: (),
}
MARKER = re.compile(r"zqx\d+q|\d{4}-07-14|14 jul \d{4}")  # what `markers_for` makes
A_DAY = datetime(1600, 7, 14, 4, 17, 53, tzinfo=UTC)


def rows_of(member):
    """Return a person, their teams, and all rows that hang on them."""
    rows = [member, *member.teams.all()]
    for row in rows:  # which grows
        for relation in row._meta.related_objects:
            if relation.related_model is not Score:  # the evaluator's words and numbers
                found = relation.related_model._default_manager.filter(**{relation.field.name: row})
                rows += [other for other in found if other not in rows]
    return rows


def markers_for(field, number):
    """Return a value that this field can hold, and how a page could write it."""
    marker = f"zqx{number:03}q"
    if isinstance(field, models.DateField):
        day = A_DAY.replace(year=A_DAY.year + number)
        return day, [f"{day:%Y-%m-%d}", f"{day:%d %b %Y}".lower()]
    if isinstance(field, models.URLField):
        return f"https://{marker}.example/", [marker]
    if isinstance(field, models.EmailField):
        return f"{marker}@tests.example", [marker]
    return [marker] if isinstance(field, models.JSONField) else marker, [marker]


def plant(rows):
    """Write a marker into each text and each time; return the fields by what to search for.

    A choice is one of a few words and tells nothing of a team. An empty time says that something
    has not happened, so it stays empty.
    """
    planted = {}
    for row in rows:
        values = {}
        for field in row._meta.concrete_fields:
            is_time = isinstance(field, models.DateField) and getattr(row, field.attname)
            name = f"{type(row).__name__}.{field.name}"
            is_text = isinstance(field, TEXTS) and not field.choices and name not in STATES
            if (since := SAID_SINCE.get(field.name)) and getattr(row, since) is None:
                continue
            if is_time or is_text:
                values[field.name], words = markers_for(field, len(planted))
                planted |= dict.fromkeys(words, name)
        type(row)._default_manager.filter(pk=row.pk).update(**values)
        row.refresh_from_db()
    return planted


@pytest.fixture
def theirs(make_scored_entry, test_set, other_team, charlie, alice, phase):
    """An entry of charlie's on a blind board, with rows of every kind that hang on it.

    Also charlie's: a baseline of the organisers below it, an excluded and flagged entry, a system
    that waits, one that runs.
    """
    organisers = Team.objects.create(name="Chairs", slug="chairs", is_organisers=True)
    Membership.objects.create(team=organisers, user=charlie)
    make_scored_entry(system="Marian", wants_primary=True)
    make_scored_entry(system="Nolanguage", team=organisers, member=charlie)
    entry = make_scored_entry(system="Ziggurat", team=other_team, member=charlie)
    excluded = make_scored_entry(system="Excluded", team=other_team, member=charlie)
    Entry.objects.filter(pk=excluded.pk).update(
        excluded_at=A_DAY, excluded_reason="Late", flagged_at=A_DAY, flag_note="Late"
    )
    Submission.objects.filter(member=charlie).update(kind="image", image=image_row())
    entry.submission.refresh_from_db()
    node = node_row()
    run_row(entry, node, outcome="ok")
    waiting_entry(test_set, other_team, charlie)
    run_row(waiting_entry(test_set, other_team, charlie, state="running"), node)
    verdict = entry.submission.verdicts.get()
    Problem.objects.create(submission=entry.submission, verdict=verdict, severity="warning")
    Team.objects.update(is_verified=True)
    boards.rebuild(test_set.pk)
    release_row(phase)
    Phase.objects.filter(pk=phase.pk).update(kind="blind", own_scores_at=None, team_names_at=None)
    return entry


@pytest.fixture
def planted(theirs, charlie, test_set, phase):
    """The fields of charlie's rows by marker."""
    fields = plant(rows_of(charlie))
    # The status page tells since when the oldest system has waited, and not whose it is.
    Entry.objects.filter(state="waiting").update(state_since=timezone.now())
    build(test_set)
    phase.refresh_from_db()
    release_row(phase, number=2)
    theirs.refresh_from_db()
    return fields


def find(client, entry, fields, **options):
    """Return the fields whose marker is on a page, each with the first address that tells it."""
    slug = Team.objects.get(pk=entry.team_id).slug
    found: dict[str, str] = {}
    for address in addresses(entry, slug=["spring", slug], **options):
        response = client.get(address)
        text = f"{response.headers}\n{b''.join(response).decode(errors='replace')}"
        for asked in (address, quote(address), quote(address, safe="")):
            text = text.replace(asked, "")  # an answer may repeat what it was asked for
        for word in MARKER.findall(text.lower()):
            if word in fields:
                found.setdefault(fields[word], address)
    return found


@pytest.mark.usefixtures("_quiet")
def test_no_page_before_names_shows_a_teams_words_or_times(
    theirs, planted, client, alice, outsider
):
    outsider.is_staff = True
    outsider.save()
    board = client.get("/boards/spring/test/en-fr").text
    assert make_aliases([theirs.pk])[theirs.pk] in board
    assert "organisers’ baseline" in board

    assert find(client, theirs, planted) == {}
    client.force_login(alice)
    assert find(client, theirs, planted) == {}
    client.force_login(outsider)
    of_team = [theirs.team_id]
    assert find(client, theirs, planted, with_admin=True, object_id=of_team, id=of_team) == {}


@pytest.mark.usefixtures("_quiet")
def test_the_walk_finds_what_becomes_public_and_nothing_else(theirs, planted, client):
    Phase.objects.update(team_names_at=timezone.now())

    assert set(planted.values()) > PUBLIC | PRIVATE
    assert find(client, theirs, planted).keys() == PUBLIC


def test_a_row_without_names_keeps_few_of_its_words_and_numbers():
    values = {
        field.name: MADE[field.type.removesuffix(" | None")](number)
        for number, field in enumerate(dataclasses.fields(BoardRow), start=1)
    }

    shown = repr(hide_names(BoardRow(**values)))

    # Whether it is this or that, and its scores, are no words of a team.
    told = {name: value for name, value in values.items() if value not in (True, {}, ())}
    assert {name for name, value in told.items() if repr(value) in shown} == {
        "alias", "kind", "terminology_use", "place", "range"
    }  # fmt: skip
