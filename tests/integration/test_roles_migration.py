"""Superusers and the group *organisers*, who managed every shared task, get roles in each."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from accounts.models import User
from sharedtasks.models import Organiser, SharedTask
from tests.integration.conftest import make_person

pytestmark = pytest.mark.django_db

migration = import_module("sharedtasks.migrations.0022_roles_of_earlier_organisers")


@pytest.fixture
def earlier(shared_task):
    """Two shared tasks; kim and lee in the group, lee in another one too; alice in none."""
    SharedTask.objects.create(slug="autumn", name="Autumn")
    group = Group.objects.create(name="organisers")
    for name in ("kim", "lee"):
        make_person(name, is_staff=True).groups.add(group)
    User.objects.get(username="lee").groups.add(Group.objects.create(name="editors"))
    make_person("alice")


def list_roles():
    rows = Organiser.objects.values_list("shared_task__slug", "user__username", "role")
    return sorted(rows)


def list_staff():
    return set(User.objects.filter(is_staff=True).values_list("username", flat=True))


@pytest.mark.parametrize(
    ("superusers", "of_members"),
    [({}, "owner"), ({"root": True}, "organiser"), ({"root": False}, "owner")],
)
def test_everybody_who_managed_all_tasks_has_a_role_in_each(earlier, superusers, of_members):
    for name, is_active in superusers.items():
        make_person(name, is_superuser=True, is_staff=True, is_active=is_active)

    migration.give_roles(apps, None)

    roles = [("kim", of_members), ("lee", of_members)] + [(name, "owner") for name in superusers]
    tasks = ("autumn", "spring")
    assert list_roles() == [(task, *held) for task in tasks for held in roles]
    assert list_staff() == {"lee", *superusers}  # the panel is still lee's, as an editor
    assert not Group.objects.filter(name="organisers").exists()


def test_it_can_be_undone(earlier):
    make_person("root", is_superuser=True, is_staff=True)
    migration.give_roles(apps, None)

    migration.form_group(apps, None)

    members = Group.objects.get(name="organisers").user_set
    assert set(members.values_list("username", flat=True)) == {"kim", "lee"}
    assert list_staff() == {"kim", "lee", "root"}
    assert not Organiser.objects.exists()
