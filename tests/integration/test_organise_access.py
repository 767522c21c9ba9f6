"""Every address below /organise/, as every role, and that none of them is without the gate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import get_resolver, reverse

from sharedtasks.models import Correction, Extension, TeamDecision
from tests.integration.conftest import ROLES
from tests.integration.node_rows import image_row, node_row

pytestmark = pytest.mark.django_db

# Status by role: visitor, alice, bob, charlie, owner, organiser, observer, outsider, staff.
NOT_THERE = (302, *(404,) * 8)
READERS = (302, 404, 404, 404, 200, 200, 200, 404, 404)
CHANGERS = (302, 404, 404, 404, 200, 200, 403, 404, 404)
OWNERS = (302, 404, 404, 404, 200, 403, 403, 404, 404)
GET = {
    "organise": (302, 404, 404, 404, 200, 200, 200, 200, 404),
    "organise-new": NOT_THERE,
    "organise-setup": READERS,
    **dict.fromkeys(["organise-new-mode", "organise-new-test-set", "organise-test-set"], CHANGERS),
    "organise-create-test-set": (405,) * 9,
    "organise-task": (302, 404, 404, 404, 200, 200, 200, 404, 404),
    "organise-requeue": (405,) * 9,
    "organise-release": READERS,
    "organise-publish-release": (405,) * 9,
    "organise-end-release": (302, 404, 404, 404, 404, 403, 403, 404, 404),  # there is no release
    "organise-exports": READERS,
    **dict.fromkeys(["organise-entries", "organise-log", "organise-log-csv"], READERS),
    "organise-act": (302, 404, 404, 404, 302, 302, 403, 404, 404),
    "organise-drain": NOT_THERE,
    "organise-undrain": NOT_THERE,
    "organise-lift-quarantine": NOT_THERE,
    "organise-phases": (302, 404, 404, 404, 302, 302, 302, 404, 404),
    "organise-phase": READERS,
    "organise-announce": READERS,
    **dict.fromkeys(["organise-new-phase", "organise-pause", "organise-resume"], CHANGERS),
    **dict.fromkeys(["organise-retire", "organise-put-back"], OWNERS),
    "organise-delete": OWNERS,  # of what is announced
    **dict.fromkeys(["organise-people", "organise-roles", "organise-team"], READERS),
    **dict.fromkeys(["organise-verify", "organise-participants"], (405,) * 9),
    **dict.fromkeys(["organise-role", "organise-remove-role"], OWNERS),
    **dict.fromkeys(
        [
            "organise-unverify",
            "organise-decline",
            "organise-remove-team",
            "organise-readmit",
            "organise-extend",
            "organise-end-extension",
            "organise-send-for",
        ],
        CHANGERS,
    ),
    **dict.fromkeys(["organise-corrections", "organise-correction"], READERS),
    "organise-correction-score": (405,) * 9,
    **dict.fromkeys(["organise-correction-publish", "organise-correction-discard"], CHANGERS),
}
# 422: nothing is ticked or filled in, it is not paused or retired, or it has entries.
WRONG_FORM = (302, 404, 404, 404, 422, 422, 403, 404, 404)
POST = {
    "organise": (405,) * 9,
    "organise-new": NOT_THERE,
    **dict.fromkeys(
        ["organise-setup", "organise-new-mode", "organise-new-test-set", "organise-test-set"],
        WRONG_FORM,
    ),
    "organise-create-test-set": (302, 404, 404, 404, 302, 302, 403, 404, 404),  # no token
    "organise-task": (405,) * 9,
    "organise-requeue": (302, 404, 404, 404, 422, 422, 403, 404, 404),
    "organise-release": (405,) * 9,
    "organise-publish-release": (302, 404, 404, 404, 422, 403, 403, 404, 404),
    "organise-end-release": (302, 404, 404, 404, 404, 403, 403, 404, 404),
    "organise-exports": (405,) * 9,
    **dict.fromkeys(["organise-entries", "organise-log", "organise-log-csv"], (405,) * 9),
    "organise-act": (302, 404, 404, 404, 422, 422, 403, 404, 404),
    "organise-drain": NOT_THERE,
    "organise-undrain": NOT_THERE,
    "organise-lift-quarantine": NOT_THERE,
    "organise-phases": (405,) * 9,
    "organise-announce": (302, 404, 404, 404, 422, 403, 403, 404, 404),
    **dict.fromkeys(
        ["organise-phase", "organise-new-phase", "organise-pause", "organise-resume"], WRONG_FORM
    ),
    **dict.fromkeys(
        ["organise-retire", "organise-put-back", "organise-delete"],
        (302, 404, 404, 404, 422, 403, 403, 404, 404),
    ),
    "organise-people": (405,) * 9,
    "organise-roles": (302, 404, 404, 404, 422, 403, 403, 404, 404),
    **dict.fromkeys(
        [
            "organise-verify",
            "organise-unverify",
            "organise-decline",
            "organise-remove-team",
            "organise-extend",
            "organise-send-for",
        ],
        WRONG_FORM,
    ),
    "organise-team": (302, 404, 404, 404, 302, 302, 403, 404, 404),
    "organise-participants": CHANGERS,
    # The owner takes back what there is, so that it is gone for the organiser.
    "organise-readmit": (302, 404, 404, 404, 302, 404, 403, 404, 404),
    "organise-end-extension": (302, 404, 404, 404, 302, 404, 403, 404, 404),
    "organise-role": (302, 404, 404, 404, 422, 403, 403, 404, 404),
    "organise-remove-role": (302, 404, 404, 404, 422, 403, 403, 404, 404),  # the last owner
    "organise-correction": (405,) * 9,
    **dict.fromkeys(["organise-corrections", "organise-correction-publish"], WRONG_FORM),
    **dict.fromkeys(  # it is discarded already, as a message says
        ["organise-correction-score", "organise-correction-discard"],
        (302, 404, 404, 404, 302, 302, 403, 404, 404),
    ),
}


def list_patterns():
    """Return the addresses below /organise/ by name, whichever app has them."""
    return {
        pattern.name: pattern
        for resolver in get_resolver().url_patterns
        for pattern in getattr(resolver, "url_patterns", [resolver])
        if str(pattern.pattern).startswith("organise/")
    }


@pytest.fixture
def address(phase, make_entry, team, owner):
    """Return a function from an address's name to the address."""
    TeamDecision.objects.create(
        shared_task=phase.shared_task, team=team, kind="declined", reason="Who are they?"
    )
    until = phase.closes_at + timedelta(days=1)
    Extension.objects.create(phase=phase, team=team, until=until, reason="A power cut.")
    held = owner.roles.get().pk
    entry = make_entry()
    correction = Correction.objects.create(test_set=entry.test_set, state="discarded")
    node = node_row()
    image = image_row(quarantined_at=phase.opens_at)
    arguments = {
        "organise": [],
        "organise-new": [],
        "organise-drain": [node.name],
        "organise-undrain": [node.name],
        "organise-lift-quarantine": [image.pk],
        "organise-phase": ["spring", "test"],
        "organise-pause": ["spring", "test"],
        "organise-resume": ["spring", "test"],
        "organise-retire": ["spring", f"phase-{phase.pk}"],
        "organise-put-back": ["spring", f"phase-{phase.pk}"],
        "organise-delete": ["spring", f"phase-{phase.pk}"],
        "organise-test-set": ["spring", entry.test_set_id],
        "organise-role": ["spring", held],
        "organise-remove-role": ["spring", held],
        **{
            f"organise-{name}": ["spring", team.pk]
            for name in ("team", "unverify", "decline", "remove-team", "readmit")
        },
        **{
            f"organise-{name}": ["spring", team.pk, "test"]
            for name in ("extend", "end-extension", "send-for")
        },
        "organise-correction": ["spring", correction.pk],
        "organise-correction-score": ["spring", correction.pk],
        "organise-correction-publish": ["spring", correction.pk],
        "organise-correction-discard": ["spring", correction.pk],
    }
    return lambda name: reverse(name, args=arguments.get(name, ["spring"]))


def test_every_address_has_the_gate_and_stands_here():
    patterns = list_patterns()

    assert {
        name for name, row in patterns.items() if not hasattr(row.callback, "is_gated")
    } == set()
    assert patterns.keys() == GET.keys() == POST.keys()


@pytest.mark.parametrize(("method", "table"), [("get", GET), ("post", POST)])
def test_each_role_gets_what_it_may_see_and_do(method, table, address, as_role):
    statuses = dict.fromkeys(table, ())
    for role in ROLES:
        client = as_role(role)
        for name in table:
            response = getattr(client, method)(address(name))
            statuses[name] += (response.status_code,)

    assert statuses == table


def test_a_visitor_signs_in_and_comes_back_to_a_page(address, client):
    asked = client.post(address("organise-requeue"))

    assert asked.headers["Location"] == "/account/sign-in?next=/organise/spring/"


@pytest.mark.parametrize("role", ["charlie", "outsider", "staff"])
def test_a_task_of_others_is_like_one_that_does_not_exist(role, address, as_role):
    client = as_role(role)

    other, absent = client.get("/organise/spring/"), client.get("/organise/nothing/")

    assert (other.status_code, absent.status_code) == (404, 404)
    assert "Spring" not in other.text


def test_a_role_without_its_second_factor_opens_no_task(client, owner, phase):
    owner.authenticator_set.all().delete()
    client.force_login(owner)

    refused, start = client.get("/organise/spring/"), client.get("/organise/")

    assert refused.status_code == 403
    assert "two-factor" in refused.text
    assert "Your role counts once two-factor sign-in is on." in start.text


def test_the_header_leads_organisers_there_and_nobody_else(as_role, phase):
    leads = {
        role: 'href="/organise/"' in as_role(role).get("/tasks/spring/").text for role in ROLES
    }

    assert [role for role, is_there in leads.items() if is_there] == [
        *("owner", "organiser", "observer", "outsider")
    ]
