"""Roles in shared tasks: which count, what each opens, and how they are given."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.http import Http404
from django.urls import reverse

from accounts.models import User
from accounts.second_factor import SecondFactorMissing
from audit.models import AuditEvent
from audit.recording import Actor
from sharedtasks.access import task_for_role_or_404
from sharedtasks.models import Organiser, SharedTask
from sharedtasks.policy import VISITOR, Role
from sharedtasks.services import roles
from sharedtasks.viewers import viewer_of
from submissions.services import choosing
from submissions.taking_part import list_organisers_teams, takes_part
from tests.integration.conftest import give_role, make_person

pytestmark = pytest.mark.django_db

NEEDS_OWNER = "Spring edition needs an owner. Make somebody else an owner first."


@pytest.fixture
def kim(db):
    """An account without a role."""
    return make_person("kim")


def role_of(user):
    return Organiser.objects.filter(user=user).values_list("role", "reads_references").first()


# Which roles count --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "reads_references", "has_factor", "counts"),
    [
        ("owner", False, False, False),
        ("owner", False, True, True),
        ("organiser", False, False, False),
        ("organiser", False, True, True),
        ("observer", False, False, True),
        ("observer", True, False, False),
        ("observer", True, True, True),
    ],
)
def test_roles_that_read_references_count_with_a_second_factor(
    kim, shared_task, role, reads_references, has_factor, counts
):
    Organiser.objects.create(
        user=kim, shared_task=shared_task, role=role, reads_references=reads_references
    )
    if has_factor:
        Authenticator.objects.create(user=kim, type="totp", data={})

    viewer = viewer_of(kim)

    assert viewer.roles == ({shared_task.pk: role} if counts else {})
    assert viewer.reads_references(shared_task.pk) == (counts and role_of(kim) != ("observer", 0))


def test_recovery_codes_alone_are_no_second_factor(kim, shared_task):
    Organiser.objects.create(user=kim, shared_task=shared_task, role=Role.OWNER)
    Authenticator.objects.create(user=kim, type="recovery_codes", data={})

    assert not viewer_of(kim).roles


def test_no_role_of_an_account_that_is_switched_off_counts(owner):
    owner.is_active = False
    owner.save()

    assert not viewer_of(owner).roles


@pytest.mark.parametrize(("exempt", "counts"), [(None, False), ("kim", True), ("lee", False)])
def test_only_the_demos_organiser_is_exempt(kim, shared_task, settings, exempt, counts):
    settings.DEMO_ORGANISER = exempt
    Organiser.objects.create(user=kim, shared_task=shared_task, role=Role.OWNER)

    assert bool(viewer_of(kim).roles) == counts


def test_outside_a_demo_nobody_is_exempt(settings):
    assert settings.DEMO_ORGANISER is None


@pytest.mark.parametrize(("role", "queries"), [("visitor", 0), ("alice", 1), ("owner", 1)])
def test_a_viewer_takes_a_query_at_most(request, django_assert_num_queries, role, queries):
    from django.contrib.auth.models import AnonymousUser

    user = AnonymousUser() if role == "visitor" else request.getfixturevalue(role)

    with django_assert_num_queries(queries):
        viewer = viewer_of(user)

    assert (viewer == VISITOR) == (role == "visitor")


def test_a_superuser_without_a_role_is_a_stranger(admin, operator, make_scored_entry, team):
    entry = make_scored_entry()

    for address in (entry.get_absolute_url(), team.get_absolute_url()):
        assert admin.get(address).status_code == 404
    assert viewer_of(operator) == VISITOR


def test_staff_change_no_primary(client, staff, make_scored_entry):
    entry = make_scored_entry()

    with pytest.raises(ValidationError, match="Only members of Lexica and organisers"):
        choosing.withdraw(entry=entry, actor=staff)


# The gate -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["visitor", "alice", "outsider", "staff", "operator"])
@pytest.mark.parametrize("slug", ["spring", "nothing"])
def test_without_a_role_a_shared_task_is_not_there(request, shared_task, role, slug):
    from django.contrib.auth.models import AnonymousUser

    user = AnonymousUser() if role == "visitor" else request.getfixturevalue(role)

    with pytest.raises(Http404):
        task_for_role_or_404(user, slug)


@pytest.mark.parametrize(
    ("role", "least", "refusal"),
    [
        ("observer", Role.OBSERVER, ""),
        ("observer", Role.ORGANISER, "Only the owners and organisers of Spring edition may do "
         "this. You observe it."),
        ("observer", Role.OWNER, "Only the owners of Spring edition may do this. You observe it."),
        ("organiser", Role.ORGANISER, ""),
        ("organiser", Role.OWNER, "Only the owners of Spring edition may do this."),
        ("owner", Role.OWNER, ""),
    ],
)  # fmt: skip
def test_the_gate_asks_for_the_role(request, shared_task, role, least, refusal):
    user = request.getfixturevalue(role)

    try:
        task, told = task_for_role_or_404(user, "spring", least=least), ""
    except PermissionDenied as error:
        task, told = shared_task, str(error)

    assert (task, told) == (shared_task, refusal)


def test_without_a_second_factor_the_gate_says_so(kim, shared_task):
    Organiser.objects.create(user=kim, shared_task=shared_task, role=Role.OWNER)

    with pytest.raises(SecondFactorMissing, match="counts once two-factor sign-in is on"):
        task_for_role_or_404(kim, "spring")


def test_who_lacks_the_second_factor_is_led_to_it(client, kim, shared_task, monkeypatch):
    def refuse(*_):
        raise SecondFactorMissing("Your role counts once two-factor sign-in is on.")

    Organiser.objects.create(user=kim, shared_task=shared_task, role=Role.OWNER)
    client.force_login(kim)
    account = client.get(reverse("account")).text
    monkeypatch.setattr("sharedtasks.views.announced_or_404", refuse)
    refused = client.get(shared_task.get_absolute_url())

    assert refused.status_code == 403
    assert "Your role counts once" in refused.text
    for text in (account, refused.text):
        assert f'href="{reverse("mfa_activate_totp")}"' in text
    Authenticator.objects.create(user=kim, type="totp", data={})
    assert "You can organise once" not in client.get(reverse("account")).text


# Teams --------------------------------------------------------------------------------------


def test_a_team_is_shown_to_the_roles_of_the_tasks_that_it_sends_to(
    as_role, team, make_submission, other_team
):
    make_submission()
    make_submission()

    def ask(row):
        roles = ["owner", "organiser", "observer", "outsider", "staff"]
        return [as_role(role).get(row.get_absolute_url()).status_code for role in roles]

    assert ask(team) == [200, 200, 200, 404, 404]
    assert ask(other_team) == [200, 200, 404, 200, 404]  # it has sent nothing


def test_who_takes_part_is_known(shared_task, organiser, owner, team, make_submission):
    team.members.add(organiser)
    assert not takes_part(organiser, shared_task)
    assert list_organisers_teams(shared_task) == {}

    make_submission()
    make_submission()

    assert takes_part(organiser, shared_task)
    assert not takes_part(owner, shared_task)
    assert list_organisers_teams(shared_task) == {team: [organiser]}
    team.is_organisers = True  # its systems are baselines
    team.save()
    assert not takes_part(organiser, shared_task)
    assert list_organisers_teams(shared_task) == {}


# Giving roles -------------------------------------------------------------------------------


def test_an_owner_gives_changes_and_takes_roles(shared_task, owner, kim):
    held = roles.add_organiser(
        actor=Actor.of(owner), task=shared_task, user=kim, role=Role.OBSERVER
    )
    assert role_of(kim) == ("observer", False)
    roles.show_references(actor=Actor.of(owner), organiser=held, are_shown=True)
    assert role_of(kim) == ("observer", True)
    roles.change_role(actor=Actor.of(owner), organiser=held, role=Role.OWNER)
    assert role_of(kim) == ("owner", False)
    roles.change_role(actor=Actor.of(owner), organiser=held, role=Role.OBSERVER)
    assert role_of(kim) == ("observer", False)
    roles.remove_organiser(actor=Actor.of(owner), organiser=held)
    assert role_of(kim) is None
    events = AuditEvent.objects.filter(task="spring", actor=owner).order_by("pk")
    assert [(event.action, event.changes) for event in events] == [
        ("made an organiser", {"role": [None, "observer"]}),
        (
            "made an organiser",
            {"role": ["observer", "observer"], "reads references": [False, True]},
        ),
        ("made an organiser", {"role": ["observer", "owner"], "reads references": [True, False]}),
        ("made an organiser", {"role": ["owner", "observer"]}),
        ("no longer an organiser", {"role": ["observer", None]}),
    ]


@pytest.mark.parametrize("role", ["organiser", "observer", "outsider", "operator", "alice"])
def test_nobody_else_does(request, shared_task, owner, kim, role):
    actor = Actor.of(request.getfixturevalue(role))
    held = Organiser.objects.get(user=owner)

    for service in (
        lambda: roles.add_organiser(actor=actor, task=shared_task, user=kim, role=Role.OBSERVER),
        lambda: roles.change_role(actor=actor, organiser=held, role=Role.OBSERVER),
        lambda: roles.show_references(actor=actor, organiser=held, are_shown=True),
        lambda: roles.remove_organiser(actor=actor, organiser=held),
    ):
        with pytest.raises(PermissionDenied, match="Only the owners of Spring edition may do this"):
            service()

    assert role_of(owner) == ("owner", False)
    assert role_of(kim) is None


def test_a_shared_task_always_has_an_owner(shared_task, owner, organiser):
    held = Organiser.objects.get(user=owner)
    switched_off = make_person("lee", is_active=False)
    Organiser.objects.create(user=switched_off, shared_task=shared_task, role=Role.OWNER)

    with pytest.raises(ValidationError, match=NEEDS_OWNER):
        roles.change_role(actor=Actor.of(owner), organiser=held, role=Role.ORGANISER)
    with pytest.raises(ValidationError, match=NEEDS_OWNER):
        roles.remove_organiser(actor=Actor.of(owner), organiser=held)
    with pytest.raises(ProtectedError):
        owner.delete()

    other = Organiser.objects.get(user=organiser)
    roles.change_role(actor=Actor.of(owner), organiser=other, role=Role.OWNER)
    roles.remove_organiser(actor=Actor.of(owner), organiser=held)
    assert role_of(owner) is None


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("twice", "organiser is organiser of Spring edition already"),
        ("off", "The account kim is switched off"),
        ("references", "Owners and organisers always read references"),
        ("role", "is not a valid choice"),
        ("shown", "organiser is organiser and always reads references"),
        ("gone", "organiser has no role in Spring edition any more"),
    ],
)
def test_what_can_not_be_is_explained(shared_task, owner, organiser, kim, case, told):
    held = Organiser.objects.get(user=organiser)
    options = {"actor": Actor.of(owner), "task": shared_task, "user": kim, "role": Role.ORGANISER}
    if case == "off":
        kim.is_active = False
    elif case == "gone":
        Organiser.objects.filter(pk=held.pk).delete()
    attempts = {
        "twice": lambda: roles.add_organiser(**options | {"user": organiser}),
        "off": lambda: roles.add_organiser(**options),
        "references": lambda: roles.add_organiser(**options, reads_references=True),
        "role": lambda: roles.add_organiser(**options | {"role": "king"}),
        "shown": lambda: roles.show_references(
            actor=Actor.of(owner), organiser=held, are_shown=True
        ),
        "gone": lambda: roles.remove_organiser(actor=Actor.of(owner), organiser=held),
    }

    with pytest.raises(ValidationError, match=told):
        attempts[case]()

    assert role_of(kim) is None


@pytest.mark.parametrize("columns", [{"role": "king"}, {"role": "owner", "reads_references": True}])
def test_the_database_refuses_what_can_not_be(kim, shared_task, columns):
    with pytest.raises(IntegrityError), transaction.atomic():
        Organiser.objects.create(user=kim, shared_task=shared_task, **columns)


def test_of_two_owners_who_step_back_at_once_one_stays(
    on_postgresql, transactional_db, shared_task, at_once
):
    owners = [give_role(make_person(f"owner-{n}"), shared_task, Role.OWNER) for n in range(2)]

    def step_back(number):
        held = Organiser.objects.get(user=owners[number])
        try:
            roles.remove_organiser(actor=Actor.of(owners[number]), organiser=held)
        except ValidationError:
            return False
        return True

    assert sorted(at_once(2, step_back)) == [False, True]
    assert Organiser.objects.filter(role=Role.OWNER).count() == 1


# Opening a shared task ----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["operator", "permission"])
def test_who_opens_a_shared_task_owns_it(operator, kim, how):
    from django.contrib.auth.models import Permission

    kim.user_permissions.add(Permission.objects.get(codename="open_tasks"))
    actor = operator if how == "operator" else User.objects.get(pk=kim.pk)

    task = roles.open_task(actor=actor, name="Autumn", slug="autumn")

    assert task.state == "draft"
    assert task.modes.exists()
    assert list(task.organisers.values_list("user", "role")) == [(actor.pk, "owner")]


@pytest.mark.parametrize("role", ["alice", "owner", "staff"])
def test_nobody_else_opens_one(request, role):
    with pytest.raises(PermissionDenied):
        roles.open_task(actor=request.getfixturevalue(role), name="Autumn", slug="autumn")

    assert not SharedTask.objects.filter(slug="autumn").exists()


def test_a_taken_name_in_addresses_is_explained(operator, shared_task):
    with pytest.raises(ValidationError, match="already exists"):
        roles.open_task(actor=operator, name="Spring again", slug="spring")


# The command --------------------------------------------------------------------------------


def run(*words):
    output = StringIO()
    call_command("add_organiser", *words, stdout=output)
    return output.getvalue()


def test_the_command_gives_changes_and_takes_roles(shared_task, owner, kim):
    said = run("KIM", "spring", "--role=observer", "--reads-references")
    assert said.startswith("kim is observer of Spring edition now.\nThe role counts once kim has")
    assert role_of(kim) == ("observer", True)
    run("kim", "spring", "--role=observer")
    assert role_of(kim) == ("observer", False)
    run("kim", "spring")
    assert role_of(kim) == ("organiser", False)
    assert run("kim", "spring", "--remove") == "kim has no role in Spring edition any more.\n"
    assert role_of(kim) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nobody", "spring"], "There is no account 'nobody'"),
        (["kim", "autumn"], "There is no shared task 'autumn'. There are: spring."),
        (["kim", "spring", "--remove"], "kim has no role in Spring edition."),
        (["owner", "spring", "--remove"], NEEDS_OWNER),
        (["owner", "spring", "--role=observer"], NEEDS_OWNER),
        (["kim", "spring", "--reads-references"], "Owners and organisers always read references"),
    ],
)
def test_the_command_explains_what_it_can_not_do(shared_task, owner, kim, words, told):
    with pytest.raises(CommandError, match=re.escape(told)):
        run(*words)

    assert (role_of(owner), role_of(kim)) == (("owner", False), None)


# The admin panel ----------------------------------------------------------------------------


def test_staff_without_permissions_read_nothing_in_the_admin(client, staff, make_scored_entry):
    make_scored_entry()
    client.force_login(staff)

    for name in ("submissions_entry", "sharedtasks_testset", "accounts_team"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403


def test_organisers_do_not_open_it(client, owner):
    client.force_login(owner)

    assert client.get("/admin/").status_code == 302


def test_it_is_titled_and_links_back(admin):
    text = admin.get("/admin/").text

    assert "Terminarium: back room" in text
    assert '<a href="/">' in text


def test_who_adds_a_shared_task_there_owns_it(admin, operator):
    data = {"name": "Autumn", "slug": "autumn", "modes-TOTAL_FORMS": 0, "modes-INITIAL_FORMS": 0}

    admin.post(reverse("admin:sharedtasks_sharedtask_add"), data)

    assert role_of(operator) == ("owner", False)


def test_nothing_but_the_panel_asks_for_staff(root):
    """Whoever may open the admin panel is not yet an organiser; only its link asks for that."""
    asking = {"is_staff": set(), "is_superuser": set()}
    for path in (*(root / "platform").rglob("*.py"), *(root / "templates").rglob("*.html")):
        text = path.read_text() if "migrations" not in path.parts else ""
        for word, paths in asking.items():
            if re.search(rf"\b{word}\b", text):
                paths.add(str(path.relative_to(root)))

    assert asking == {
        "is_staff": {
            "platform/leaderboard/answers.py",  # an ETag, of all that the header depends on
            "templates/components/site_header.html",
        },
        "is_superuser": {
            "platform/organise/gate.py",  # nodes and images
            "platform/accounts/object_pages.py",  # the panel's links to the pages of objects
            "platform/nodes/pages/views.py",  # the status page: operators see to nodes
            "platform/sharedtasks/services/roles.py",  # who owns what a command has created
            "platform/submissions/admin.py",  # actions of the panel
        },
    }
