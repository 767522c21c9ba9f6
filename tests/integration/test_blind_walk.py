"""A blind phase as a whole: every address, asked by who may not see what others have sent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Team
from leaderboard import boards
from sharedtasks.downloads import KINDS
from sharedtasks.models import Phase
from submissions.models import Entry, Submission
from submissions.pipeline import reference_points
from tests.integration.release_rows import release_row
from tests.integration.samples import PERFECT, POOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_quiet")]

NAMES = {"Babel", "Shinar", "Ziggurat", "Builds upwards", "xyzzy", "charlie"}
REFERENCES = set(PERFECT)
PIECE = {"HX-Request": "true", "HX-Target": "board"}
CHOICE = {"team": "babel", "state": "scored", "sort": "bleu"}
TOKEN = "a" * 43  # of no invitation
# What the parts of addresses can be; an address is asked with each combination.
PARTS = {
    "task": ["spring"],
    "phase": ["test"],
    "test_set": ["en-fr"],
    "kind": list(KINDS),
    "position": [0],
    "number": [1, 2],
    "name": ["terminarium.whl", "gpu-1"],  # of a file, of a node
    "part": ["task", "phase-1"],
    "team": [1, 2],
    "uidb36": ["1"],
    "key": ["never-was"],
    "token": [TOKEN],
    "app_label": ["accounts"],
}


@pytest.fixture
def theirs(make_scored_entry, other_team, charlie, alice, phase, test_set):
    """What charlie's team and alice's have sent to a phase that shows nothing yet."""
    other_team.is_verified = True
    other_team.institution = "Shinar"
    other_team.save()
    make_scored_entry((*POOR[:3], ""), system="Marian", wants_primary=True)
    entry = make_scored_entry(
        (*POOR[1:], "xyzzy"), system="Ziggurat", team=other_team, member=charlie, wants_primary=True
    )
    Submission.objects.filter(team=other_team).update(description="Builds upwards.")
    boards.rebuild(test_set.pk)
    release_row(phase)
    Phase.objects.filter(pk=phase.pk).update(
        kind="blind", own_scores_at=None, board_at=None, team_names_at=None
    )
    return entry


def patterns(
    found: list[URLPattern | URLResolver], *, with_admin: bool, namespace: str = ""
) -> Iterator[tuple[str, list[str]]]:
    """Return the name of each address with the names of its parts."""
    for pattern in found:
        if isinstance(pattern, URLResolver):
            inner = "admin:" if pattern.namespace == "admin" else namespace
            if with_admin or not inner:
                yield from patterns(pattern.url_patterns, with_admin=with_admin, namespace=inner)
        elif pattern.name or not namespace:  # the admin's redirects have no name
            yield f"{namespace}{pattern.name}", list(pattern.pattern.regex.groupindex)


def addresses(entry, *, with_admin=False, **more):
    """Return every address of the site with everything that could stand in it.

    Without rights nobody gets into the admin panel, so only some tests ask for its addresses.
    """
    of_rows = {
        pk
        for row in (entry, Entry.objects.earliest("pk"))  # of another team, and of the reader's
        for pk in (row.pk, row.submission_id, row.team_id)
    }
    kinds = ContentType.objects.get_for_models(Team, Submission, Entry).values()
    parts = PARTS | {
        "pk": sorted(of_rows),
        "team": sorted(of_rows),
        "slug": ["spring", "babel", "lexica"],
        "id": sorted(of_rows),
        "object_id": sorted(of_rows),
        "content_type_id": [kind.pk for kind in kinds],
    } | more  # fmt: skip
    for address, names in patterns(get_resolver().url_patterns, with_admin=with_admin):
        made = set()
        for values in itertools.product(*(parts[name] for name in names)):
            with suppress(NoReverseMatch):  # a node's name is not a file's
                made.add(reverse(address, kwargs=dict(zip(names, values, strict=True))))
        assert made, address
        yield from made


def answers(client, entry, **more):
    """Return each answer with its headers, by its address."""
    for address in addresses(entry, **more):
        whole = client.get(address)
        found = [whole, client.get(address, CHOICE, headers=PIECE)]
        if "HX-" in whole.headers.get("Vary", ""):  # others make no piece of their page
            found += [client.get(address, headers=PIECE), client.get(address, CHOICE)]
        for response in found:
            yield address, f"{response.headers}\n{b''.join(response).decode(errors='replace')}"


def secrets(entry):
    """Return what gives the other team away, and what nobody may read yet."""
    scores = {repr(score.value) for score in entry.scores.all()} - {"0.0", "100.0"}
    assert scores
    return NAMES | REFERENCES | scores


def found_by(client, entry, **more):
    """Return which secrets stand in the answers, each with the first address that tells it."""
    hidden = secrets(entry)
    found: dict[str, str] = {}
    for address, text in answers(client, entry, **more):
        for secret in hidden:
            if secret in text:
                found.setdefault(secret, address)
    return found


@pytest.mark.parametrize("role", ["visitor", "alice", "outsider", "staff"])
def test_no_address_tells_what_another_team_has_done(role, theirs, as_role):
    assert found_by(as_role(role), theirs) == {}


def test_the_walk_would_find_it_and_an_observer_finds_no_reference(theirs, as_role):
    reference_points.add_missing()
    oracle = Entry.objects.get(kind=Entry.Kind.ORACLE)  # its hypotheses are a reference
    rows = [theirs.pk, theirs.submission_id, theirs.team_id, oracle.pk]

    assert found_by(as_role("observer"), theirs, pk=rows).keys() == secrets(theirs) - REFERENCES
    path = reverse("entry-text", args=[oracle.pk])
    assert set(b"".join(as_role("organiser").get(path)).decode().splitlines()) == REFERENCES
