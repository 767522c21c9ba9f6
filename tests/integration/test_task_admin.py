"""Organisers' plain fields: texts, dates, instants."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from sharedtasks.models import Phase, SharedTask

pytestmark = pytest.mark.django_db
NO_MODES = {"modes-TOTAL_FORMS": "0", "modes-INITIAL_FORMS": "0"}  # none added, none changed


@pytest.mark.parametrize("name", ["sharedtask", "phase", "testset"])
def test_lists_and_forms_open(name, admin, phase, make_test_set):
    make_test_set()
    row = {"sharedtask": phase.shared_task, "phase": phase, "testset": phase.test_sets.first()}

    assert admin.get(reverse(f"admin:sharedtasks_{name}_changelist")).status_code == 200
    address = reverse(f"admin:sharedtasks_{name}_change", args=[row[name].pk])
    assert admin.get(address).status_code == 200


def test_an_instant_set_here_counts_at_once(admin, phase, make_test_set, client):
    make_test_set()
    references = reverse("download", args=["spring", "test", "en-fr", "references.tsv"])
    address = reverse("admin:sharedtasks_phase_change", args=[phase.pk])
    data = {
        "shared_task": phase.shared_task_id, "name": "Test", "slug": "test", "kind": "blind",
        "opens_at_0": "2026-05-02", "opens_at_1": "12:00",
        "grace_minutes": "0", "is_meant": "on",
        "references_at_0": "2026-05-03", "references_at_1": "12:00",
    }  # fmt: skip

    assert "Nothing is shown until a date is set here" in admin.get(address).text
    assert admin.post(address, data).status_code == 302

    admin.logout()
    response = client.get(references)
    assert response.status_code == 200
    assert b"".join(response)


def test_texts_are_edited_as_commonmark(admin, shared_task):
    address = reverse("admin:sharedtasks_sharedtask_change", args=[shared_task.pk])

    response = admin.post(
        address, {**NO_MODES, "name": "Spring", "slug": "spring", "rules": "- one"}
    )

    assert response.status_code == 302
    assert SharedTask.objects.get().rules == "- one"


def test_a_phase_is_opened_for_images_here(admin, phase):
    address = reverse("admin:sharedtasks_phase_change", args=[phase.pk])
    data = {
        "shared_task": phase.shared_task_id, "name": "Test", "slug": "test", "kind": "blind",
        "opens_at_0": "2026-05-02", "opens_at_1": "12:00",
        "grace_minutes": "0", "is_meant": "on",
        "takes_images": "on", "run_limits": '{"wall_time": 3600}',
    }  # fmt: skip

    assert admin.post(address, data).status_code == 302

    phase.refresh_from_db()
    assert phase.takes_images
    assert phase.limits.wall_time == 3600


@pytest.mark.parametrize("limits", ['{"wall_time": -1}', '{"speed": 3}', "[1]", '{"memory": "a"}'])
def test_limits_that_make_no_sense_are_refused(admin, phase, limits):
    address = reverse("admin:sharedtasks_phase_change", args=[phase.pk])
    data = {
        "shared_task": phase.shared_task_id, "name": "Test", "slug": "test", "kind": "blind",
        "opens_at_0": "2026-05-02", "opens_at_1": "12:00", "grace_minutes": "0",
        "run_limits": limits,
    }  # fmt: skip

    assert admin.post(address, data).status_code == 200

    phase.refresh_from_db()
    assert phase.run_limits == {}


def test_what_ranks_is_chosen_from_the_metrics_that_the_test_set_has(admin, make_test_set):
    test_set = make_test_set(text_form="raw")  # the metrics of wmt21 need tokenised text
    address = reverse("admin:sharedtasks_testset_change", args=[test_set.pk])

    assert 'value="wmt21-exact-match"' not in admin.get(address).text
    for metric in ("wmt21-exact-match", "comet", ""):
        assert admin.post(address, {"official_order_0": metric}).status_code == 200
    assert admin.post(address, {"official_order_0": "bleu"}).status_code == 302


@pytest.mark.parametrize("metric", ["wmt21-exact-match", "wmt21-1-term", "comet"])
def test_an_import_refuses_to_rank_by_what_there_is_not(make_test_set, metric):
    with pytest.raises(ValidationError, match=r"no metric|has no scores of"):
        make_test_set(text_form="raw", official_order=(metric,))


def test_a_phase_can_not_close_before_it_opens(admin, phase):
    now = timezone.now()
    data = {
        "shared_task": phase.shared_task_id, "name": "Test", "slug": "test", "kind": "dev",
        "opens_at_0": f"{now:%Y-%m-%d}", "opens_at_1": "12:00",
        "grace_minutes": "0", "is_meant": "on",
        "closes_at_0": f"{now - timedelta(days=1):%Y-%m-%d}", "closes_at_1": "12:00",
    }  # fmt: skip

    response = admin.post(reverse("admin:sharedtasks_phase_change", args=[phase.pk]), data)

    assert "A phase closes after it opens." in response.text
    assert Phase.objects.get().name == "Test phase"
