"""Whatever organisers and operators can change leaves an event, or is exempt with a reason.

Addresses come from the resolver, commands from the tree, actions from the admin panel: something
new is in none of these tables, and the test says so.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group
from django.core.management import call_command, get_commands
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from audit.actions import Action
from audit.models import AuditEvent
from nodes.models import Node
from organise.phase_form import compute_digest
from sharedtasks import models
from sharedtasks.models import Phase
from submissions.models import Score
from submissions.pipeline import rescoring
from tests.integration.editions import make_set, write
from tests.integration.node_rows import image_row, node_row
from tests.integration.samples import REFERENCE, SOURCE

pytestmark = pytest.mark.django_db

# Addresses ------------------------------------------------------------------------------------

RECORDED = {
    "requeue-entry": Action.REQUEUED,
    "requeue-submission": Action.REQUEUED,
    "withdraw": Action.WITHDRAWN,
    "cancel": Action.CANCELLED,
    "make-primary": Action.MADE_PRIMARY,
    "make-contrastive": Action.MADE_CONTRASTIVE,
}
# tests/integration/test_organise_pages.py tries these.
OF_ORGANISE = {
    "organise-requeue": Action.REQUEUED,
    "organise-act": Action.EXCLUDED,  # and the others, in test_organise_entries.py
    "organise-drain": Action.DRAINED,
    "organise-undrain": Action.UNDRAINED,
    "organise-lift-quarantine": Action.QUARANTINE_LIFTED,
}
# tests/integration/test_organise_people.py tries these.
OF_PEOPLE = {
    "organise-verify": Action.VERIFIED,
    "organise-participants": Action.PARTICIPANTS_READ,
    "organise-roles": Action.ROLE_GIVEN,
    "organise-role": Action.ROLE_GIVEN,
    "organise-remove-role": Action.ROLE_TAKEN,
    "organise-team": Action.CHANGED,
    "organise-unverify": Action.UNVERIFIED,
    "organise-decline": Action.DECLINED,
    "organise-remove-team": Action.REMOVED,
    "organise-readmit": Action.READMITTED,
    "organise-extend": Action.EXTENDED,
    "organise-end-extension": Action.DELETED,
    "organise-send-for": Action.SENT_FOR,
}
# tests/integration/test_organise_releases.py tries these.
OF_RELEASES = {
    "organise-publish-release": Action.PUBLISHED,
    "organise-end-release": Action.WITHDRAWN,
}
# tests/integration/test_correction_pages.py tries these.
OF_CORRECTIONS = {
    "organise-corrections": Action.BEGUN,
    "organise-correction-score": Action.SCORING_BEGUN,
    "organise-correction-publish": Action.PUBLISHED,
    "organise-correction-discard": Action.DISCARDED,
}
# tests/integration/test_setup_pages.py tries these.
OF_SETUP = {
    "organise-new": Action.CREATED,
    "organise-setup": Action.CHANGED,
    "organise-new-mode": Action.CREATED,
    "organise-test-set": Action.CHANGED,
    "organise-create-test-set": Action.IMPORTED,
}
# Organisers' pages: the address's parts, what is sent, and what is recorded. In an order in which
# each is possible.
ORGANISED = {
    "organise-new-phase": (
        [], {"slug": "later", "name": "Later", "kind": "dev", "zone": "UTC", "grace_minutes": "0",
             "opens_at": "2026-12-24 12:00"}, Action.CREATED,
    ),
    "organise-announce": ([], {"part": "phase-{later}"}, Action.ANNOUNCED),
    "organise-pause": (["later"], {"reason": "Moving."}, Action.PAUSED),
    "organise-resume": (["later"], {}, Action.RESUMED),
    "organise-phase": (
        ["later"], {"name": "Even later", "kind": "dev", "zone": "UTC", "grace_minutes": "9",
                    "opens_at": "2026-12-24 12:00", "seen": "{seen}"}, Action.CHANGED,
    ),
    "organise-retire": (["phase-{later}"], {"reason": "Too late."}, Action.RETIRED),
    "organise-put-back": (["phase-{later}"], {}, Action.ANNOUNCED),
    "organise-delete": (["phase-{later}"], {}, Action.DELETED),
}  # fmt: skip
UPLOADS = "a team sends its own system; its submission says who and when"
NODES = "a node reports with its token; its runs are the record"
OWN_ACCOUNT = "allauth."  # the library's pages, on which people manage their own account only
TEAMS = "members manage their own team; organisers do so in the admin panel, which records"
EXEMPT = {
    "organise-new-test-set": "checks files and creates nothing; the next page does",
    "time-zone": "people choose it for their own account",
    **dict.fromkeys(["submit", "submit-image", "choose-system"], UPLOADS),
    **dict.fromkeys(["node-claim", "node-heartbeat", "node-finish", "node-goodbye"], NODES),
    **dict.fromkeys(
        ["create-team", "edit-team", "invite", "remove-member", "set-role", "leave-team",
         "revoke-invitation", "invitation"],
        TEAMS,
    ),
}  # fmt: skip
ADMIN_OWN = {  # the panel's own pages, which change no object
    "index", "login", "logout", "password_change", "password_change_done", "autocomplete",
    "jsi18n", "view_on_site", "app_list", None,
}  # fmt: skip
ADMIN_OF_MODELS = {"changelist", "add", "history", "delete", "change", None}


def walk(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, pattern.namespace or namespace)
        else:
            yield namespace, pattern


def takes_post(view: object) -> bool:
    """Return whether a view takes POST, by its decorators or its class; if neither says so, yes."""
    while True:
        if view_class := getattr(view, "view_class", None):
            return hasattr(view_class, "post")
        if inspect.isfunction(view):
            methods = inspect.getclosurevars(view).nonlocals.get("request_method_list")
            if methods is not None:
                return "POST" in methods
        if not hasattr(view, "__wrapped__"):
            return True
        view = view.__wrapped__


def test_every_writing_address_is_recorded_or_exempt():
    writing = {
        pattern.name
        for namespace, pattern in walk(get_resolver())
        if namespace != "admin"
        and not pattern.callback.__module__.startswith(OWN_ACCOUNT)
        and takes_post(pattern.callback)
    }

    elsewhere = (OF_ORGANISE, OF_CORRECTIONS, OF_RELEASES, OF_PEOPLE, OF_SETUP)
    recorded = {name for table in (RECORDED, ORGANISED, *elsewhere) for name in table}
    assert writing == recorded | EXEMPT.keys()
    assert not recorded & EXEMPT.keys()


@pytest.fixture
def rows(make_scored_entry, make_entry, make_submission):
    """Return for each recorded address a row that it does something to."""
    primary = make_scored_entry(system="A", wants_primary=True)
    return {
        "make-contrastive": primary,
        "make-primary": make_scored_entry(system="B"),
        "withdraw": make_scored_entry(system="C"),
        "cancel": make_entry(system="D", columns={"state": "waiting"}),
        "requeue-entry": make_entry(system="E", columns={"state": "failed"}),
        "requeue-submission": make_submission(system="F", state="failed"),
    }


def test_each_recorded_address_leaves_an_event(client, organiser, rows):
    client.force_login(organiser)
    assert rows.keys() == RECORDED.keys()
    for name, row in rows.items():
        client.post(reverse(name, args=[row.pk]))

        event = AuditEvent.objects.first()
        assert (event.action, event.way, event.actor) == (RECORDED[name], "site", organiser), name
        assert (event.object_key, event.task) == (str(row.pk), "spring"), name


def test_each_page_of_organisers_leaves_an_event(client, owner, phase):
    client.force_login(owner)
    for name, (parts, data, action) in ORGANISED.items():
        later = Phase.objects.filter(slug="later").first()
        known = {"later": later and later.pk, "seen": later and compute_digest(later)}
        address = reverse(name, args=["spring", *(part.format(**known) for part in parts)])

        response = client.post(address, {key: text.format(**known) for key, text in data.items()})

        assert response.status_code == 302, name
        event = AuditEvent.objects.first()
        assert (event.action, event.way, event.actor) == (action, "site", owner), name
        assert (event.object_type, event.task) == ("sharedtasks.phase", "spring"), name


def test_an_action_that_is_refused_leaves_no_event(client, organiser, rows):
    client.force_login(organiser)
    before = AuditEvent.objects.count()

    client.post(reverse("requeue-entry", args=[rows["withdraw"].pk]))

    assert AuditEvent.objects.count() == before


# Commands -------------------------------------------------------------------------------------

EXEMPT_COMMANDS = {
    "sweep": "the platform itself, all the time; rows and their timelines say what it did",
    "mark_storage": "marks a folder; no row of the database changes",
    "build_evaluator": "builds a file of the release that is installed",
}


@pytest.fixture
def commands(make_scored_entry, make_entry, tmp_path, monkeypatch):
    """Return for each command arguments with which it changes something."""
    User.objects.create_user("kim", "kim@tests.example")
    entry = make_scored_entry()
    make_entry(system="failed", columns={"state": "failed"})
    Score.objects.filter(entry=entry, metric="bleu").delete()
    monkeypatch.setattr(rescoring.time, "sleep", lambda _: entry.rescore.delete())
    models.TestSet.objects.update(state="draft")  # to be announced
    (tmp_path / "source.sgm").write_text(SOURCE)
    (tmp_path / "reference.sgm").write_text(REFERENCE)
    (tmp_path / "new.sgm").write_text(SOURCE.replace("wash", "Wash"))
    folder = write(tmp_path / "wmt25", {"full_data.ende.jsonl": make_set()})
    files = [f"--source={tmp_path}/source.sgm", f"--reference={tmp_path}/reference.sgm"]
    return {
        "add_organiser": ["kim", "spring", "--role=observer"],
        "announce": ["--shared-task=spring", "--phase=test"],
        "add_node": ["gpu-1"],
        "requeue": ["--all"],
        "rescore_entries": [],
        "show_metric_version": ["spring/test", "--anyway"],
        "make_downloads": [],
        "import_test_set": ["--shared-task=new", "--phase=dev", "--create",
                            "--language-pair=en-fr", *files],
        "import_edition": ["wmt25", str(folder)],
        "correct_test_set": ["spring/test/en-fr", "--reason=x", f"--source={tmp_path}/new.sgm"],
    }  # fmt: skip


def test_every_command_leaves_an_event_or_is_exempt(commands):
    platform = Path(settings.BASE_DIR) / "platform"
    ours = {path.stem for path in platform.glob("*/management/commands/[a-z]*.py")}
    assert ours <= get_commands().keys()
    assert ours == commands.keys() | EXEMPT_COMMANDS.keys()

    for name, arguments in commands.items():
        call_command(name, *arguments, stdout=StringIO(), stderr=StringIO())

        assert AuditEvent.objects.filter(way="command", command=name).exists(), name


def test_what_an_import_creates_is_told_part_by_part(commands):
    call_command("import_test_set", *commands["import_test_set"], stdout=StringIO())

    events = AuditEvent.objects.filter(task="new").order_by("pk")
    assert list(events.values_list("object_type", "action")) == [
        ("sharedtasks.sharedtask", "created"),
        ("sharedtasks.phase", "created"),
        ("sharedtasks.testset", "imported"),
    ]
    changes = events.last().changes
    assert changes["files"] == [None, "source.sgm, reference.sgm"]
    assert changes["digest"] == [None, models.TestSet.objects.last().digest]


def test_an_announcement_tells_every_date_that_it_sets(phase):
    Phase.objects.update(board_at=None, state="draft")

    call_command("announce", "--shared-task=spring", "--phase=test", "--show-scores",
                 stdout=StringIO())  # fmt: skip

    events = AuditEvent.objects.filter(object_type="sharedtasks.phase").order_by("pk")
    assert list(events.values_list("action", flat=True)) == ["changed", "announced"]
    assert [event.changes.keys() for event in events] == [{"board_at"}, {"state"}]
    assert events[1].changes["state"] == ["draft", "announced"]


# The admin panel ------------------------------------------------------------------------------

ACTIONS = {
    ("accounts.team", "verify"): Action.VERIFIED,
    ("accounts.team", "mark_as_organisers"): Action.MARKED_AS_ORGANISERS,
    ("account.emailaddress", "make_verified"): Action.CHANGED,
    ("submissions.entry", "requeue"): Action.REQUEUED,
    ("submissions.submission", "requeue"): Action.REQUEUED,
    ("nodes.node", "drain"): Action.DRAINED,
    ("nodes.node", "undrain"): Action.UNDRAINED,
    ("nodes.node", "revoke"): Action.REVOKED,
    ("images.image", "lift_quarantine"): Action.QUARANTINE_LIFTED,
}


def panel(kind, page="changelist", *args):
    return reverse(f"admin:{kind.replace('.', '_')}_{page}", args=args)


def test_every_page_of_the_panel_is_known():
    names = {pattern.name for namespace, pattern in walk(get_resolver()) if namespace == "admin"}
    of_models = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in django_admin.site._registry
        for page in ADMIN_OF_MODELS - {None}
    }

    assert names - of_models - ADMIN_OWN == {"auth_user_password_change"}


def test_every_action_of_the_panel_is_known():
    known = {
        (model._meta.label_lower, getattr(action, "__name__", action))
        for model, model_admin in django_admin.site._registry.items()
        for action in model_admin.actions or ()
    }

    assert known == ACTIONS.keys()


def test_each_action_of_the_panel_leaves_an_event(
    admin, operator, other_team, alice, make_entry, make_submission
):
    EmailAddress.objects.create(user=alice, email="new@tests.example")
    entry = make_entry(columns={"state": "failed"})
    submission = make_submission(system="late", state="failed")
    node_row("gpu-1")
    image_row(quarantined_at=timezone.now())
    chosen = {
        "accounts.team": other_team, "account.emailaddress": EmailAddress.objects.last(),
        "submissions.entry": entry, "submissions.submission": submission,
        "nodes.node": Node.objects.get(),
        "images.image": image_row(quarantined_at=timezone.now()),
    }  # fmt: skip
    for (kind, name), action in ACTIONS.items():
        data = {"action": name, "_selected_action": [chosen[kind].pk]}

        for _ in range(2):  # the second time nothing is left to do
            admin.post(panel(kind), data)

        event = AuditEvent.objects.get(object_type=kind, action=action)
        assert (event.way, event.actor) == ("admin", operator)
        assert event.object_key == str(chosen[kind].pk)


def test_a_date_that_is_moved_there_is_told_from_what_to_what(admin, phase):
    closed = datetime(2026, 7, 22, 23, 59, tzinfo=UTC)
    Phase.objects.update(opens_at=closed - timedelta(days=9), closes_at=closed)
    data = {
        "shared_task": phase.shared_task_id, "name": "Test phase", "slug": "test", "kind": "dev",
        "opens_at_0": "2026-05-02", "opens_at_1": "12:00", "grace_minutes": "0", "is_meant": "on",
        "closes_at_0": "2026-07-24", "closes_at_1": "23:59",
    }  # fmt: skip

    admin.post(panel("sharedtasks.phase", "change", phase.pk), data)

    event = AuditEvent.objects.get()
    assert (event.action, event.object_label, event.task) == ("changed", str(phase), "spring")
    assert event.changes["closes_at"] == ["2026-07-22 23:59:00 UTC", "2026-07-24 23:59:00 UTC"]
    assert "name" not in event.changes


def test_a_form_without_a_change_leaves_no_event(admin, test_set):
    before = AuditEvent.objects.count()

    data = {f"official_order_{n}": name for n, name in enumerate(test_set.official_order)}
    admin.post(panel("sharedtasks.testset", "change", test_set.pk), data)

    assert AuditEvent.objects.count() == before


def test_an_order_and_a_domain_are_told(admin, test_set):
    before = ", ".join(test_set.official_order)

    data = {"official_order_0": "bleu", "domain": "medical"}
    admin.post(panel("sharedtasks.testset", "change", test_set.pk), data)

    event = AuditEvent.objects.get(action="changed")
    assert event.changes == {"domain": ["", "medical"], "official_order": [before, "bleu"]}


def test_members_of_a_team_are_told_one_by_one(admin, team, alice, bob, charlie):
    rows = list(team.membership_set.order_by("pk"))
    data = {
        "name": "Lexica", "slug": "lexica", "institution": "Here", "is_verified": "on",
        "membership_set-TOTAL_FORMS": "3", "membership_set-INITIAL_FORMS": "2",
        "membership_set-0-id": rows[0].pk, "membership_set-0-team": team.pk,
        "membership_set-0-user": alice.pk, "membership_set-0-DELETE": "on",
        "membership_set-0-role": "owner",
        "membership_set-1-id": rows[1].pk, "membership_set-1-team": team.pk,
        "membership_set-1-user": bob.pk, "membership_set-1-role": "owner",
        "membership_set-2-team": team.pk, "membership_set-2-user": charlie.pk,
        "membership_set-2-role": "member",
    }  # fmt: skip

    admin.post(panel("accounts.team", "change", team.pk), data)

    told = AuditEvent.objects.order_by("pk").values_list("action", "object_label", "changes")
    assert list(told) == [
        ("deleted", "alice in Lexica (owner)", {}),
        ("changed", "bob in Lexica (owner)", {"role": ["member", "owner"]}),
        ("created", "charlie in Lexica (member)", {"user": [None, "charlie"]}),
    ]


def test_what_is_deleted_is_told_one_by_one(admin, phase, make_bare_test_set):
    one, two, _last = (make_bare_test_set(version=number) for number in (1, 2, 3))

    selected = {"action": "delete_selected", "_selected_action": [one.pk, two.pk], "post": "yes"}
    admin.post(panel("sharedtasks.testset"), selected)
    admin.post(panel("sharedtasks.phase", "delete", phase.pk), {"post": "yes"})

    told = AuditEvent.objects.filter(action="deleted").order_by("pk")
    assert {event.object_label for event in told} == {str(one), str(two), str(phase)}
    assert {event.task for event in told} == {"spring"}
    assert told.last().changes == {"phases": [1, 0], "test sets": [1, 0]}
    assert not Phase.objects.exists()


def test_nothing_secret_that_passes_through_the_panel_is_told(admin, alice):
    password = {"password1": "Zq-a long one", "password2": "Zq-a long one"}
    named = {"username": "dora", "email": "dora@tests.example", "usable_password": "true"}
    device = Authenticator.objects.create(user=alice, type="totp", data={"secret": "Zq-old"})

    admin.post(panel("accounts.user", "add"), named | password)
    admin.post(panel("nodes.node", "add"), {"name": "gpu-1", "takes_cpu_work": "on"})
    admin.post(
        panel("mfa.authenticator", "change", device.pk),
        {
            "user": alice.pk,
            "type": "totp",
            "data": '{"secret": "Zq-new"}',
            "created_at_0": "2026-07-22",
            "created_at_1": "12:00",
            "last_used_at_0": "2026-07-22",
            "last_used_at_1": "12:00",
        },
    )
    admin.post(
        reverse("admin:auth_user_password_change", args=[alice.pk]),
        password | {"usable_password": "true", "set-password": "1"},
    )

    told = {event.object_type: event for event in AuditEvent.objects.order_by("pk")}
    assert told["accounts.user"].action == Action.PASSWORD_SET
    assert told["mfa.authenticator"].changes["data"] == ["…", "…"]
    assert told["nodes.node"].changes == {"name": [None, "gpu-1"]}
    everything = str(list(AuditEvent.objects.values()))
    assert "Zq" not in everything
    for secret in (Node.objects.get().token_hash, User.objects.get(pk=alice.pk).password):
        assert secret not in everything


def test_a_password_that_is_refused_there_is_not_told(admin, alice):
    address = reverse("admin:auth_user_password_change", args=[alice.pk])

    admin.post(address, {"password1": "a", "password2": "b", "usable_password": "true"})

    assert not AuditEvent.objects.exists()


def test_what_a_library_registers_is_recorded_too(admin):
    admin.post(panel("auth.group", "add"), {"name": "helpers"})

    event = AuditEvent.objects.get()
    assert (event.object_type, event.object_label) == ("auth.group", "helpers")
    assert Group.objects.filter(name="helpers").exists()


def test_the_log_itself_is_there_to_read(admin, other_team):
    admin.post(panel("accounts.team"), {"action": "verify", "_selected_action": [other_team.pk]})

    assert admin.get(panel("audit.auditevent")).status_code == 200
    assert admin.get(panel("audit.auditevent", "add")).status_code == 403
