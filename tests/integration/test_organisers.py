"""Who is an organiser: superusers, and staff in the group; access to the admin is not enough."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import ORGANISERS, User
from submissions.services import choosing

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    """Somebody who may open the admin panel, and nothing else."""
    return User.objects.create_user("stella", "stella@tests.example", is_staff=True)


def put_into_the_group(user):
    # A migration makes it; a test that empties all tables may have been here before.
    user.groups.add(Group.objects.get_or_create(name=ORGANISERS)[0])
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize(
    ("fields", "is_in_group", "expected"),
    [
        ({}, False, False),
        ({}, True, False),
        ({"is_staff": True}, False, False),
        ({"is_staff": True}, True, True),
        ({"is_superuser": True}, False, True),
        ({"is_superuser": True, "is_staff": True}, False, True),
        ({"is_staff": True, "is_active": False}, True, False),
        ({"is_superuser": True, "is_active": False}, False, False),
    ],
)
def test_who_is_an_organiser(fields, is_in_group, expected):
    user = User.objects.create_user("dora", "dora@tests.example", **fields)
    if is_in_group:
        user = put_into_the_group(user)

    assert user.is_organiser is expected


def test_staff_see_no_blind_reference(client, staff, phase, test_set):
    type(phase).objects.update(references_at=None)
    address = reverse("download", args=["spring", "test", "en-fr", "references.tsv"])
    client.force_login(staff)

    assert client.get(address).status_code == 404
    put_into_the_group(staff)
    response = client.get(address)
    assert response.status_code == 200
    assert b"".join(response)


def test_staff_open_no_teams_pages(client, staff, make_scored_entry, team):
    entry = make_scored_entry()
    client.force_login(staff)

    for address in (entry.get_absolute_url(), entry.submission.get_absolute_url(),
                    team.get_absolute_url()):  # fmt: skip
        assert client.get(address).status_code == 404


def test_staff_change_no_primary(client, staff, make_scored_entry):
    entry = make_scored_entry()
    client.force_login(staff)

    response = client.post(reverse("make-primary", args=[entry.pk]))

    entry.refresh_from_db()
    assert response.status_code == 404
    assert not entry.is_primary
    with pytest.raises(ValidationError):
        choosing.withdraw(entry=entry, actor=staff)


def test_staff_without_permissions_read_nothing_in_the_admin(client, staff, make_scored_entry):
    make_scored_entry()
    client.force_login(staff)

    for name in ("submissions_entry", "sharedtasks_testset", "accounts_team"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403


def test_the_command_makes_an_organiser_who_can_work(client, phase, team, capsys):
    User.objects.create_user("kim", "kim@tests.example")

    call_command("add_organiser", "KIM")

    assert "kim is now an organiser." in capsys.readouterr().out
    client.force_login(User.objects.get(username="kim"))
    for name, row in (("sharedtasks_phase", phase), ("accounts_team", team)):
        assert client.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200
    assert client.get(reverse("admin:submissions_entry_changelist")).status_code == 200
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403


def test_the_command_gives_no_way_to_become_a_superuser():
    User.objects.create_user("kim", "kim@tests.example")

    call_command("add_organiser", "kim")

    group = Group.objects.get(name=ORGANISERS)
    models = set(group.permissions.values_list("content_type__app_label", "content_type__model"))
    assert not models & {("accounts", "user"), ("auth", "group"), ("auth", "permission")}
    assert models


def test_the_command_takes_the_role_away():
    User.objects.create_user("kim", "kim@tests.example")
    call_command("add_organiser", "kim")

    call_command("add_organiser", "kim", "--remove")

    kim = User.objects.get(username="kim")
    assert not kim.is_organiser
    assert not kim.is_staff


def test_a_superuser_keeps_the_admin_panel():
    User.objects.create_superuser("root", "root@tests.example")
    call_command("add_organiser", "root")

    call_command("add_organiser", "root", "--remove")

    assert User.objects.get(username="root").is_staff


def test_permissions_that_were_chosen_for_the_group_stay():
    User.objects.create_user("kim", "kim@tests.example")
    call_command("add_organiser", "kim")
    group = Group.objects.get(name=ORGANISERS)
    group.permissions.set(group.permissions.filter(codename="view_team"))

    call_command("add_organiser", "kim")

    assert group.permissions.count() == 1


def test_an_account_that_is_switched_off_becomes_no_organiser():
    User.objects.create_user("kim", "kim@tests.example", is_active=False)

    with pytest.raises(CommandError, match="switched off"):
        call_command("add_organiser", "kim")


def test_every_list_of_the_guide_opens_for_an_organiser(client, make_scored_entry):
    make_scored_entry()
    User.objects.create_user("kim", "kim@tests.example")
    call_command("add_organiser", "kim")
    client.force_login(User.objects.get(username="kim"))

    for name in (
        "accounts_team", "accounts_invitation", "sharedtasks_sharedtask", "sharedtasks_phase",
        "sharedtasks_testset", "submissions_submission", "submissions_entry", "submissions_score",
        "submissions_verdict", "submissions_problem", "submissions_statechange", "nodes_node",
        "nodes_run", "images_image",
    ):  # fmt: skip
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200, name


def test_the_command_names_an_account_that_does_not_exist():
    with pytest.raises(CommandError, match="There is no account 'nobody'"):
        call_command("add_organiser", "nobody")


def test_nothing_but_the_rule_itself_asks_for_staff(root):
    """Whoever may open the admin panel is not yet an organiser; only its link asks for that."""
    files = [*(root / "platform").rglob("*.py"), *(root / "templates").rglob("*.html")]
    asking = {
        str(path.relative_to(root))
        for path in files
        if "migrations" not in path.parts and re.search(r"\bis_staff\b", path.read_text())
    }

    assert asking == {
        "platform/accounts/models.py",
        "platform/accounts/management/commands/add_organiser.py",
        "platform/leaderboard/answers.py",  # an ETag, of all that the header depends on
        "templates/components/site_header.html",
    }
