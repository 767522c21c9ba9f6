"""Corrections of a test set: a new version adopts every entry, hidden until it is published."""

from __future__ import annotations

import itertools
from io import BytesIO, StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

import evaluator
from audit.recording import Actor
from leaderboard.tasks import rank
from sharedtasks import models, testsets
from sharedtasks.corrections import CorrectionState
from sharedtasks.states import State
from sharedtasks.test_set_changes import Part, count_changes, find_changes
from sharedtasks.test_set_versions import NewFiles
from submissions import slots
from submissions.models import Entry, Score
from submissions.pipeline import adopting, reference_points, tasks
from submissions.services import choosing, correcting, exclusion
from tests.integration import test_blind_walk
from tests.integration.copied_test_sets import import_sample
from tests.integration.samples import FAIR, PERFECT, POOR, REFERENCE, SOURCE

pytestmark = pytest.mark.django_db

WORD = "tussis"  # the corrected translation of "cough", which no other text has
CORRECTED = REFERENCE.replace("toux </term>", f"{WORD} </term>")
NUMBERS = itertools.count(1)


def as_files(**texts):
    """Return the new files: `reference=…` or `source=…`."""
    named = {name: (BytesIO(text.encode()), f"{name}.sgm") for name, text in texts.items()}
    references = [named["reference"]] if "reference" in named else ()
    return NewFiles(source=named.get("source"), references=references)


@pytest.fixture
def actor(organiser):
    return Actor.of(organiser)


@pytest.fixture
def begin(actor, test_set):
    def begin(on=test_set, **texts):
        files = as_files(**(texts or {"reference": CORRECTED}))
        return correcting.begin_correction(
            actor=actor, test_set=on, files=files, reason="a wrong term"
        )

    return begin


@pytest.fixture
def scoring(begin, actor, make_primary):
    """A correction that is under way, of a test set with two ranked systems."""
    make_primary(PERFECT, system="perfect")
    make_primary(FAIR, system="fair")
    correction = begin()
    correcting.score_correction(actor=actor, correction=correction)
    correction.refresh_from_db()
    return correction


def score_all():
    """Do what workers do until nothing is left to score."""
    while row := Entry.objects.filter(state="scoring").order_by("pk").first():
        tasks.score.apply(args=[row.pk], task_id=f"score-{next(NUMBERS)}")


def publish(correction, actor, erratum="The word for *cough* was wrong."):
    correcting.publish_correction(actor=actor, correction=correction, erratum=erratum)
    correction.refresh_from_db()


def test_a_correction_takes_over_what_is_not_given(begin, test_set):
    correction = begin()

    new = correction.successor
    assert (new.version, new.state, new.official_order) == (2, State.DRAFT, test_set.official_order)
    assert new.source_file == test_set.source_file
    assert new.reference_files.get() != test_set.reference_files.get()
    changes = find_changes(testsets.read(test_set), testsets.read(new))
    assert count_changes(changes)[Part.REFERENCE] == 1
    [change] = [change for change in changes if change.part is Part.REFERENCE]
    assert ("old", "toux") in change.pieces
    assert ("new", WORD) in change.pieces


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"reference": REFERENCE}, "nothing that decides a score has changed"),
        ({"source": SOURCE, "reference": "no sgml"}, "reference.sgm"),
        ({"reference": REFERENCE.replace('<seg id="2"> la', '<seg id="3"> la')}, "reference.sgm"),
        (  # a segment fewer, on both sides
            {
                "source": SOURCE.replace(SOURCE.splitlines()[7], ""),
                "reference": REFERENCE.replace(REFERENCE.splitlines()[7], ""),
            },
            "The new files have 3 segments, version 1 has 4",
        ),
        (
            {
                "source": SOURCE.replace('"advice"', '"hint"'),
                "reference": REFERENCE.replace('"advice"', '"hint"'),
            },
            "Segment 3 is 1 of hint in the new files and 1 of advice in version 1",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused_with_place_and_remedy(begin, test_set, texts, words):
    with pytest.raises((ValidationError, evaluator.TestSetError)) as refused:
        begin(**texts)

    assert words in str(refused.value)
    assert models.TestSet.objects.get() == test_set


def test_entries_are_scored_hidden_and_the_old_scores_stay(scoring, test_set):
    before = list(Score.objects.filter(entry__test_set=test_set).values("pk", "value"))
    score_all()

    adopted = list(adopting.list_adopted(scoring))
    assert [entry.hypotheses_id for entry in adopted] == [
        entry.adopted_from.hypotheses_id for entry in adopted
    ]
    assert all(entry.is_primary and entry.state == "scored" for entry in adopted)
    assert list(Score.objects.filter(entry__test_set=test_set).values("pk", "value")) == before
    assert correcting.read_progress(scoring).scored == 2
    assert slots.list_expected(test_set.phase) == [test_set]


def test_a_second_version_beside_entries_is_refused_with_the_remedy(scoring, phase):
    languages = {"source_language": "en", "target_language": "fr"}

    with pytest.raises(ValidationError, match="correct_test_set spring/test/en-fr"):
        import_sample(phase, version=3, text_form="raw", **languages)


def test_publishing_replaces_the_old_version_everywhere(scoring, actor, client, test_set):
    score_all()
    publish(scoring, actor)

    new = scoring.successor
    test_set.refresh_from_db()
    assert (new.state, test_set.state) == (State.ANNOUNCED, State.RETIRED)
    assert slots.list_expected(new.phase) == [new]
    for row in (test_set, new):
        rank.apply(args=[row.pk], task_id=f"rank-{row.pk}")
    page = client.get(new.get_absolute_url()).content.decode()
    assert "The word for <em>cough</em> was wrong." in page
    assert "perfect" in page
    old = client.get(test_set.get_absolute_url())
    assert old.status_code == 200
    assert f'href="{new.get_absolute_url()}"' in old.content.decode()
    overview = client.get("/tasks/spring/").content.decode()
    assert "The word for <em>cough</em> was wrong." in overview


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda correction: None, "2 entries are still being scored"),
        (lambda correction: score_all() or fail_one(correction), "failed on our side"),
    ],
    ids=["unfinished", "failed"],
)
def test_publishing_waits_for_every_entry(scoring, actor, prepare, words):
    prepare(scoring)

    with pytest.raises(ValidationError, match=words):
        publish(scoring, actor)
    scoring.refresh_from_db()
    assert (scoring.state, scoring.successor.state) == (CorrectionState.SCORING, State.DRAFT)


def fail_one(correction):
    failed = adopting.list_adopted(correction).first()
    Entry.objects.filter(pk=failed.pk).update(state="failed")


def test_what_teams_decide_and_send_meanwhile_is_carried_over(
    scoring, actor, alice, make_scored_entry, organiser
):
    score_all()
    perfect, fair = Entry.objects.filter(adopted_from=None, team__isnull=False).order_by("pk")
    choosing.withdraw(entry=perfect, actor=organiser)
    exclusion.exclude(entry=fair, actor=actor, reason="A copy")
    late = make_scored_entry(POOR, system="late")
    with pytest.raises(ValidationError, match="1 entry is still being scored"):
        publish(scoring, actor)
    score_all()
    publish(scoring, actor)

    rows = {entry.adopted_from_id: entry for entry in adopting.list_adopted(scoring)}
    assert rows[perfect.pk].withdrawn_at is not None
    assert not rows[perfect.pk].is_primary
    assert (rows[fair.pk].is_primary, rows[fair.pk].excluded_reason) == (True, "A copy")
    assert rows[late.pk].state == "scored"


def test_what_was_on_its_way_at_publication_is_adopted_after_it(
    scoring, actor, make_entry, test_set
):
    on_its_way = make_entry(POOR, system="late", wants_primary=True)
    Entry.objects.filter(pk=on_its_way.pk).update(next_try_at="2100-01-01T00:00Z")
    score_some(scoring)
    publish(scoring, actor)
    Entry.objects.filter(pk=on_its_way.pk).update(next_try_at=None)
    score_all()

    assert adopting.adopt_missing() == 1
    score_all()
    entry = adopting.list_adopted(scoring).get(adopted_from=on_its_way)
    assert (entry.state, entry.is_primary) == ("scored", True)


def score_some(correction):
    for entry in adopting.list_adopted(correction):
        tasks.score.apply(args=[entry.pk], task_id=f"score-{next(NUMBERS)}")


def test_discarding_leaves_nothing_but_the_row(scoring, actor, test_set):
    reference_points.add_missing()
    score_all()
    before = set(Entry.objects.filter(test_set=test_set).values_list("pk", flat=True))
    correcting.discard_correction(actor=actor, correction=scoring)

    assert models.TestSet.objects.get() == test_set
    assert set(Entry.objects.values_list("pk", flat=True)) == before
    assert not Score.objects.exclude(entry__in=before).exists()
    scoring.refresh_from_db()
    assert (scoring.state, scoring.successor) == (CorrectionState.DISCARDED, None)
    with pytest.raises(ValidationError, match="discarded already"):
        publish(scoring, actor)


class Killed(BaseException):
    """The process ends here."""


STEPS = {
    "score": lambda actor, row: correcting.score_correction(actor=actor, correction=row),
    "publish": lambda actor, row: publish(row, actor),
    "discard": lambda actor, row: correcting.discard_correction(actor=actor, correction=row),
}


@pytest.mark.parametrize(
    ("step", "module", "name"),
    [
        ("score", correcting, "record_event"),  # its state has moved
        ("score", adopting, "_save"),  # some entries are adopted
        ("publish", adopting, "carry_decisions_over"),
        ("publish", correcting, "touch_board"),  # both versions have moved
        ("discard", correcting, "_move"),
        ("discard", correcting, "record_event"),  # everything is deleted
    ],
)
def test_a_step_that_is_killed_in_the_middle_can_be_repeated(
    step, module, name, begin, actor, make_scored_entry, monkeypatch
):
    make_scored_entry(system="only")
    correction = begin()
    if step == "publish":
        correcting.score_correction(actor=actor, correction=correction)
        score_all()

    original = getattr(module, name)

    def kill_after(*args, **kwargs):
        original(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, name, kill_after)
        with pytest.raises(Killed):
            STEPS[step](actor, correction)
    correction.refresh_from_db()
    if correction.state == "draft":
        STEPS[step](actor, correction)
    elif step == "score":
        adopting.adopt_missing()  # the sweeper goes on
    else:
        STEPS[step](actor, correction)

    correction.refresh_from_db()
    expected = {"score": "scoring", "publish": "published", "discard": "discarded"}
    assert correction.state == expected[step]
    assert Entry.objects.filter(adopted_from__isnull=False).count() == (step != "discard")


def test_adopting_twice_adopts_once_and_costs_no_turn_of_a_team(scoring, make_entry):
    assert adopting.adopt(scoring) == adopting.adopt_missing() == 0
    assert adopting.list_adopted(scoring).count() == 2
    new = make_entry(POOR, system="new")  # of a team that has had its turn

    tasks.score.apply(args=[0], task_id="first")
    tasks.score.apply(args=[0], task_id="second")

    new.refresh_from_db()
    assert new.state == "scored"


@pytest.mark.usefixtures("_quiet")
def test_no_address_tells_a_team_of_a_hidden_version(begin, actor, make_scored_entry, as_role):
    entry = make_scored_entry(system="mine", wants_primary=True)
    correction = begin()
    correcting.score_correction(actor=actor, correction=correction)
    score_all()
    adopted, slug = adopting.list_adopted(correction).get(), correction.successor.slug

    client = as_role("alice")
    addresses = test_blind_walk.addresses(
        entry,
        pk=[entry.pk, adopted.pk],
        test_set=["en-fr", slug],
        kind=["source.txt", "references.jsonl"],
    )
    told = {
        address
        for address in addresses
        if slug not in address
        for text in [b"".join(client.get(address)).decode(errors="replace")]
        if any(secret in text for secret in (WORD, slug, f'"/entries/{adopted.pk}'))
    }
    hidden = [correction.successor.get_absolute_url(), adopted.get_absolute_url()]
    for role in ("visitor", "alice", "outsider", "staff"):
        statuses = {as_role(role).get(address).status_code for address in hidden}
        assert statuses <= {404, 302}, role  # a visitor may sign in first
    assert told == set()
    assert as_role("organiser").get(correction.successor.get_absolute_url()).status_code == 200


def run(*arguments):
    out = StringIO()
    call_command("correct_test_set", "spring/test/en-fr", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_begins_tells_and_publishes(make_primary, test_set, tmp_path):
    make_primary(PERFECT, system="perfect")
    file = tmp_path / "reference.sgm"
    file.write_text(CORRECTED)

    begun = run("--reference", str(file), "--reason", "a wrong term")
    assert "changed: reference 1" in begun
    assert "0 of 1 entries are scored." in begun
    score_all()
    for row in models.TestSet.objects.all():
        rank.apply(args=[row.pk], task_id=f"rank-{row.pk}")
    assert "0 of 1 systems change their places." in run()
    run("--publish", "--erratum", "The reference was wrong.")
    test_set.refresh_from_db()
    assert test_set.state == State.RETIRED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "is not being corrected"),
        (["--discard", "--source", "none"], "can't be read"),
        (["--reference", __file__, "--publish"], "not both at once"),
        (["--reference", __file__], "Write a reason"),
        (["--reference", __file__, "--reason", "x"], "Nothing was changed:\n"),
    ],
)
def test_the_command_refuses_with_the_remedy(arguments, words, test_set):
    with pytest.raises(CommandError, match=words):
        run(*arguments)
    assert not models.Correction.objects.exists()
