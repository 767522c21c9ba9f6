"""Domains in the identity of test sets: slots, addresses, tabs, files of teams."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sharedtasks import models
from submissions.models import Entry
from submissions.pipeline.tasks import check
from tests.integration.board_rows import Made, fill
from tests.integration.samples import PERFECT, as_text
from tests.integration.test_board_modes import changes, links

pytestmark = pytest.mark.django_db

BOARD = "/boards/spring/test/en-pl"


@pytest.fixture
def edition(make_bare_test_set):
    """Two pairs with two domains each, in two modes, as WMT26 had them; and a pair without."""
    return {
        test_set.slug: test_set
        for target, domains in (("pl", ("medical", "machine-tool")), ("eu", ("energy", "medical")))
        for domain in domains
        for mode in ("noterm", "proper")
        for test_set in [make_bare_test_set(target_language=target, domain=domain, mode=mode)]
    } | {"en-de": make_bare_test_set(target_language="de")}


@pytest.mark.parametrize(
    ("columns", "slot", "slug"),
    [
        ({}, "en-pl", "en-pl"),
        ({"mode": "noterm"}, "en-pl.noterm", "en-pl.noterm"),
        ({"domain": "medical"}, "en-pl.medical", "en-pl.medical"),
        ({"domain": "machine-tool", "mode": "random"}, "en-pl.machine-tool.random", None),
        ({"domain": "it", "version": 2}, "en-pl.it", "en-pl.it.v2"),
        ({"domain": "a1", "mode": "sample", "version": 3}, "en-pl.a1.sample", "en-pl.a1.sample.v3"),
        ({"target_language": "zh-Hant", "domain": "finance"}, "en-zh-Hant.finance", None),
    ],
)
def test_slots_and_addresses_have_the_domain_between(
    client, make_bare_test_set, columns, slot, slug
):
    test_set = make_bare_test_set(**({"target_language": "pl"} | columns))

    assert (test_set.slot, test_set.slug) == (slot, slug or slot)
    assert test_set.get_absolute_url() == f"/boards/spring/test/{slug or slot}"
    assert client.get(test_set.get_absolute_url()).status_code == 200


def test_tabs_lead_over_pair_and_domain_to_the_mode(client, edition):
    response = client.get(f"{BOARD}.machine-tool.noterm")

    assert links(response, "Language pairs") == [
        (f"{BOARD}.machine-tool.noterm", "English → Polish en-pl", True),
        # the pair's first domain, in the mode that is shown
        ("/boards/spring/test/en-eu.energy.noterm", "English → Basque en-eu", False),
        ("/boards/spring/test/en-de", "English → German en-de", False),
    ]
    assert links(response, "Domains of the texts") == [
        (f"{BOARD}.medical.noterm", "medical", False),
        (f"{BOARD}.machine-tool.noterm", "machine tool", True),
    ]
    assert links(response, "What systems are given") == [
        (f"{BOARD}.machine-tool", "proper terms", False),
        (f"{BOARD}.machine-tool.noterm", "no terms", True),
    ]
    assert "<h1>English → Polish, machine tool, no terms</h1>" in response.text


def test_a_pair_with_the_domain_that_is_shown_keeps_it(client, edition):
    response = client.get(f"{BOARD}.medical")

    assert links(response, "Language pairs")[1][0] == "/boards/spring/test/en-eu.medical"
    assert links(client.get("/boards/spring/test/en-de"), "Domains of the texts") == []


def test_a_part_without_a_domain_is_a_tab_of_its_own(client, make_bare_test_set):
    for domain in ("", "medical"):
        make_bare_test_set(target_language="pl", domain=domain)

    assert links(client.get(BOARD), "Domains of the texts") == [
        (BOARD, "no domain", True),
        (f"{BOARD}.medical", "medical", False),
    ]


def test_a_team_that_is_chosen_is_kept_in_its_domain_only(client, edition, alice, team):
    fill(edition["en-pl.medical"], alice, [Made(team, "A", is_primary=True)])

    response = client.get(f"{BOARD}.medical", {"team": "lexica"})

    assert links(response, "Domains of the texts")[1][0] == f"{BOARD}.machine-tool"
    assert links(response, "What systems are given")[1][0] == f"{BOARD}.medical.noterm?team=lexica"


def test_differences_stay_within_a_domain(client, edition, alice, team):
    for slug, value in {
        "en-pl.medical": 80.0, "en-pl.medical.noterm": 50.0, "en-pl.machine-tool.noterm": 1.0
    }.items():  # fmt: skip
        fill(edition[slug], alice, [Made(team, "A", {"term-success": value}, is_primary=True)])

    assert changes(client.get(f"{BOARD}.medical")) == [["A", "Lexica", "+30.0"]]
    assert changes(client.get(f"{BOARD}.machine-tool")) == []


# Addresses of earlier times ---------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?sort=bleu&entries=primary"])
@pytest.mark.parametrize("columns", [{}, {"mode": "noterm"}, {"version": 2}])
def test_an_address_without_the_domain_goes_on_answering(admin, make_bare_test_set, columns, query):
    test_set = make_bare_test_set(target_language="pl", **columns)
    old = test_set.get_absolute_url()
    assert admin.get(old).status_code == 200
    models.TestSet.objects.filter(pk=test_set.pk).update(domain="medical")
    make_bare_test_set(target_language="pl", domain="energy", **columns)

    answer = admin.get(old + query)

    assert answer.status_code == 302
    test_set.refresh_from_db()
    assert answer.headers["Location"] == test_set.get_absolute_url() + query
    make_bare_test_set(target_language="pl", **columns)  # a newer test set that has the address
    assert admin.get(old).status_code == 200
    assert admin.get(f"{old}.other").status_code == 404


def test_downloads_go_on_answering_too(client, make_test_set):
    test_set = make_test_set()
    old = reverse("download", args=["spring", "test", "en-fr", "source.txt"])
    models.TestSet.objects.filter(pk=test_set.pk).update(domain="medical")

    answer = client.get(old)

    assert b"".join(answer)
    assert 'filename="spring.test.en-fr.medical.source.txt"' in answer["Content-Disposition"]


def test_organisers_add_a_domain_later_but_not_a_modes_name(admin, make_test_set, phase):
    test_set = make_test_set()
    address = reverse("admin:sharedtasks_testset_change", args=[test_set.pk])

    for domain, status in (("noterm", 200), ("A b", 200), ("v2", 200), ("medical", 302)):
        data = {"domain": domain, "official_order_0": "term-success"}
        assert admin.post(address, data).status_code == status, domain

    test_set.refresh_from_db()
    assert test_set.slug == "en-fr.medical"
    other = make_test_set()
    address = reverse("admin:sharedtasks_testset_change", args=[other.pk])
    answer = admin.post(address, {"domain": "medical", "official_order_0": "term-success"})
    assert "This phase has that test set already" in answer.text


# Files ------------------------------------------------------------------------------------


def test_a_file_finds_the_test_set_of_its_domain(make_submission, make_test_set):
    slots = ["en-fr.medical", "en-fr.medical.noterm", "en-fr.energy"]
    for slot in slots:
        _, domain, *mode = slot.split(".")
        make_test_set(domain=domain, mode=mode[0] if mode else "proper")

    files = [(f"ours.{slot}.txt", as_text(PERFECT)) for slot in slots]
    submission = make_submission(files=[*files, ("ours.en-fr.noterm.txt", as_text(PERFECT))])
    check.apply(args=[submission.pk], task_id="task-1")

    assert [entry.test_set.slot for entry in Entry.objects.filter(submission=submission)] == slots
    refused = submission.verdicts.get(entry=None)
    assert refused.file == "ours.en-fr.noterm.txt"


def test_pages_name_the_domain(alices, make_test_set):
    make_test_set(domain="machine-tool", mode="noterm")

    slots = alices.get("/tasks/spring/test/submit").text
    assert "machine tool, no terms" in slots
    assert "en-fr.machine-tool.noterm" in slots
    for page in ("", "data", "how-to-submit"):
        assert "machine tool" in alices.get(f"/tasks/spring/{page}").text
