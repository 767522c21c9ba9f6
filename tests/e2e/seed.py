"""Rows for the end-to-end tests, made inside the platform's own environment.

python -m tests.e2e.seed set_up [static]                   a database with two people in teams
python -m tests.e2e.seed submit TEST_SET FILE SYSTEM       an upload; prints its id
python -m tests.e2e.seed submit_image FILE NEED            the same of an image; NEED: cpu or gpu
"""

from __future__ import annotations

import sys
from pathlib import Path

import django

PASSWORD = "a long pass phrase"
MEMBERS = {"alice": "Lighthouse", "charlie": "Windmill"}
ORGANISER = "olga"


def set_up(*also: str) -> None:
    """Migrate the database; create a superuser, and alice and charlie with a team each.

    With the word `static` the static files are collected, too.
    """
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if "static" in also:
        call_command("collectstatic", interactive=False, verbosity=0)
    from allauth.mfa.models import Authenticator

    from accounts.models import Membership, Team, User

    organiser = User.objects.create_superuser(ORGANISER, f"{ORGANISER}@teams.example", PASSWORD)
    # What commands create is a superuser's; the role counts with a second factor.
    Authenticator.objects.create(user=organiser, type=Authenticator.Type.TOTP, data={})
    for name, team_name in MEMBERS.items():
        user = User.objects.create_user(name, f"{name}@teams.example", PASSWORD)
        team = Team.objects.create(name=team_name, slug=team_name.lower(), is_verified=True)
        Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)


def submit(test_set: str, file: str, system: str) -> None:
    """Hand in a file for alice's team through the service that the page calls."""
    from accounts.models import Team, User
    from sharedtasks.models import TestSet
    from submissions.services import sending

    found = TestSet.objects.get(pk=int(test_set))
    with Path(file).open("rb") as stream:
        submission = sending.submit(
            team=Team.objects.get(slug="lighthouse"),
            member=User.objects.get(username="alice"),
            phase=found.phase,
            test_set=found,
            system=sending.SystemDescription(name=system),
            wants_primary=False,
            files=[sending.NamedStream(stream, Path(file).name)],
        )
    print(submission.pk)


def submit_image(file: str, need: str) -> None:
    """Hand in an image for alice's team and the one phase that takes images."""
    from accounts.models import Team, User
    from sharedtasks.models import Phase
    from submissions.services import sending

    planned = sending.PlannedImage(
        team=Team.objects.get(slug="lighthouse"),
        member=User.objects.get(username="alice"),
        phase=Phase.objects.get(takes_images=True),
        system=sending.SystemDescription(name=f"In a box, {need}"),
        needs_gpu=need == "gpu",
    )
    with Path(file).open("rb") as stream:
        archive = sending.NamedStream(stream, Path(file).name)
        submission = sending.submit_image(planned=planned, archive=archive)
    print(submission.pk)


if __name__ == "__main__":
    django.setup()
    {"set_up": set_up, "submit": submit, "submit_image": submit_image}[sys.argv[1]](*sys.argv[2:])
