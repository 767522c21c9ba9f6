"""Heartbeats of the platform's parts, and the periods in which it was away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from health import presence
from health.models import Absence, Heartbeat
from health.presence import SWEEPER, WEB

pytestmark = pytest.mark.django_db


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def silent_for(part, seconds):
    Heartbeat.objects.update_or_create(part=part, defaults={"at": ago(seconds)})


def test_a_part_begins_with_its_first_heartbeat_and_was_never_away():
    presence.beat(WEB)
    presence.beat(WEB)

    assert Heartbeat.objects.count() == 1
    assert not Absence.objects.exists()
    assert not presence.platform_was_away(ago(3600), timezone.now())
    assert presence.absences_since(ago(3600), timezone.now()) == []


@pytest.mark.parametrize("part", [WEB, SWEEPER, "worker for images"])
@pytest.mark.parametrize(("seconds", "is_absence"), [(1, False), (30, False), (40, True)])
def test_a_gap_of_more_than_two_heartbeats_is_written_down(part, seconds, is_absence):
    silent_for(part, seconds)

    presence.beat(part)

    assert Absence.objects.filter(part=part).exists() is is_absence


@pytest.mark.parametrize(
    ("since", "until", "was_away"),
    [
        (900, 800, False),  # before
        (900, 550, True),  # it ends within
        (550, 450, True),  # it lies within
        (450, 300, True),  # it begins within
        (900, 300, True),  # around it
        (350, 300, False),  # after
    ],
)
def test_the_platform_was_away_in_every_period_that_touches_an_absence(since, until, was_away):
    Absence.objects.create(part=WEB, since=ago(600), until=ago(400))

    assert presence.platform_was_away(ago(since), ago(until)) is was_away


@pytest.mark.parametrize(
    ("part", "seconds", "is_away"),
    [
        (WEB, 20, False),
        (WEB, 60, True),
        (SWEEPER, 600, True),
        (WEB, 7200, False),  # gone for good: it holds up nothing
        ("worker for celery", 600, False),  # nodes do not depend on it
    ],
)
def test_a_part_that_is_silent_now_is_away(part, seconds, is_away):
    silent_for(part, seconds)
    now = timezone.now()

    assert presence.platform_was_away(ago(10), now) is is_away
    assert [absence.until for absence in presence.absences_since(ago(9000), now)] == [now] * is_away


def test_absences_are_the_platforms_by_their_end_the_present_absence_last():
    ends = [ago(200), ago(300), ago(100), ago(400)]
    for part, until in zip([WEB, SWEEPER, "worker for celery", WEB], ends, strict=True):
        Absence.objects.create(part=part, since=ago(900), until=until)
    silent_for(SWEEPER, 90)
    now = timezone.now()

    absences = presence.absences_since(ago(350), now)

    assert [absence.until for absence in absences] == [ends[1], ends[0], now]


@pytest.mark.parametrize(("lease", "pause"), [(60, 15), (600, 15), (20, 5), (2, 0.5)])
def test_a_short_lease_has_more_heartbeats(settings, lease, pause):
    settings.NODE_LEASE = lease

    assert presence.pause() == pause


def test_old_absences_are_forgotten():
    Absence.objects.create(part=WEB, since=ago(100 * 86400), until=ago(99 * 86400))
    silent_for(WEB, 100)

    presence.beat(WEB)

    assert Absence.objects.get().until > ago(10)
