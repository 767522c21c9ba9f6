"""Several files in one submission: each is judged by itself, and lives and fails alone."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from submissions import hypotheses
from submissions.models import Entry, Verdict
from submissions.pipeline.tasks import check, score
from submissions.states import EntryState, SubmissionState
from tests.integration.samples import FAIR, PERFECT, POOR, as_sgml, as_text, as_zip

pytestmark = pytest.mark.django_db

PAIRS = ["en-fr", "en-zh", "en-ru", "en-ko", "cs-de"]


@pytest.fixture
def five_pairs(test_set, make_test_set):
    """The sample as five test sets."""
    for pair in PAIRS[1:]:
        source, target = pair.split("-")
        make_test_set(source_language=source, target_language=target)


def checked(submission):
    check.apply(args=[submission.pk], task_id="task-1")
    submission.refresh_from_db()
    return submission


def verdicts(submission):
    return [
        (one.file, one.test_set.slug if one.test_set else None, one.is_refused, one.errors)
        for one in submission.verdicts.select_related("test_set")
    ]


@pytest.mark.usefixtures("five_pairs")
def test_a_zip_of_five_pairs_with_one_wrong_makes_four_entries(make_submission, client, alice):
    files = {f"ours.{pair}.txt": as_text(PERFECT) for pair in PAIRS}
    files["ours.en-ru.txt"] = as_text(PERFECT[:3])
    submission = checked(make_submission(files=[("ours.zip", as_zip(files))], system="Marian"))

    for entry in submission.entries.all():
        score.apply(args=[entry.pk], task_id=f"scored-{entry.pk}")
    client.force_login(alice)
    page = client.get(submission.get_absolute_url())

    assert submission.state == SubmissionState.ACCEPTED
    scored = Entry.objects.filter(state=EntryState.SCORED)
    assert sorted(entry.test_set.slug for entry in scored) == sorted(set(PAIRS) - {"en-ru"})
    assert submission.reason == "4 of 5 files fit; 1 problem in the other, which is not scored."
    refused = submission.verdicts.get(entry=None)
    assert (refused.file, refused.test_set.slug) == ("ours.zip/ours.en-ru.txt", "en-ru")
    assert "The file has 3 lines, the test set 4 segments." in refused.problems.get().message
    assert page.text.count("See its entry") == 4
    assert "The file has 3 lines, the test set 4 segments." in page.text


@pytest.mark.usefixtures("five_pairs")
def test_several_files_are_judged_in_the_order_in_which_they_came(make_submission):
    submission = checked(
        make_submission(
            files=[("b.en-zh.txt", as_text(FAIR)), ("a.en-fr.sgm", as_sgml(PERFECT))],
        )
    )

    assert verdicts(submission) == [
        ("b.en-zh.txt", "en-zh", False, 0),
        ("a.en-fr.sgm", "en-fr", False, 0),
    ]
    second = submission.verdicts.get(position=1).entry
    assert hypotheses.load(second).texts == PERFECT
    assert [file.name for file in submission.files.all()] == ["b.en-zh.txt", "a.en-fr.sgm"]


@pytest.mark.usefixtures("five_pairs")
def test_two_files_for_one_slot_are_both_refused_and_the_third_goes_on(make_submission):
    submission = checked(
        make_submission(
            files=[
                ("a.en-fr.txt", as_text(PERFECT)),
                ("b.en-fr.txt", as_text(FAIR)),
                ("c.en-zh.txt", as_text(POOR)),
            ]
        )
    )

    assert verdicts(submission) == [
        ("a.en-fr.txt", "en-fr", True, 1),
        ("b.en-fr.txt", "en-fr", True, 1),
        ("c.en-zh.txt", "en-zh", False, 0),
    ]
    assert "b.en-fr.txt is for en-fr too. Keep one of them." in str(submission.problems.first())


@pytest.mark.usefixtures("five_pairs")
def test_a_file_whose_name_says_no_slot_is_refused_with_what_is_wanted(make_submission):
    submission = checked(
        make_submission(files=[("notes.txt", b"hello\n"), ("a.en-fr.txt", as_text(PERFECT))])
    )

    [refused, fits] = submission.verdicts.all()
    assert (refused.test_set, refused.errors) == (None, 1)
    assert "wanted here: en-fr, en-zh, en-ru, en-ko, cs-de" in refused.problems.get().message
    assert fits.entry.state == EntryState.SCORING


def test_a_mode_is_a_slot_of_its_own(make_submission, make_test_set):
    make_test_set(mode="noterm")
    submission = checked(
        make_submission(
            files=[("a.en-fr.txt", as_text(PERFECT)), ("a.en-fr.noterm.txt", as_text(FAIR))]
        )
    )

    assert [slug for _, slug, _, _ in verdicts(submission)] == ["en-fr", "en-fr.noterm"]


def test_the_newest_version_of_a_test_set_takes_the_file(make_submission, make_test_set):
    newest = make_test_set(version=2)
    submission = checked(make_submission(files=[("a.en-fr.txt", as_text(PERFECT))]))

    assert submission.entries.get().test_set == newest


def test_the_only_test_set_there_is_takes_a_file_whatever_it_is_called(make_submission):
    submission = checked(make_submission(files=[("hypotheses", as_text(PERFECT))]))

    assert submission.state == SubmissionState.ACCEPTED


@pytest.mark.usefixtures("five_pairs")
def test_the_same_hypotheses_twice_are_a_warning(make_submission):
    submission = checked(
        make_submission(
            files=[("a.en-fr.txt", as_text(PERFECT)), ("a.en-ru.txt", as_text(PERFECT))]
        )
    )

    second = submission.verdicts.get(position=1)
    assert "the hypotheses for en-fr too" in str(list(second.problems.all()))
    assert second.warnings == second.problems.count()


def test_all_files_refused_refuses_the_submission(make_submission):
    submission = checked(make_submission(files=[("a.en-fr.txt", b"x\n"), ("b.txt", b"y\n")]))

    assert submission.state == SubmissionState.REFUSED
    assert submission.reason == "2 problems found; nothing was scored."
    assert not Entry.objects.exists()
    assert Verdict.objects.count() == 2


def test_problems_are_shared_out_among_files(make_submission, make_test_set):
    make_test_set(target_language="ru")
    many = b'{"id": "1"}\n' * 1500
    submission = checked(make_submission(files=[("a.en-fr.jsonl", many), ("b.en-ru.jsonl", many)]))

    assert [one.problems.count() for one in submission.verdicts.all()] == [500, 500]
    # Of the four segments two are named.
    assert [one.errors for one in submission.verdicts.all()] == [1502, 1502]
    assert submission.problems_total == 3004


def test_checking_again_lists_the_verdicts_once(make_submission):
    submission = make_submission(files=[("a.en-fr.txt", as_text(PERFECT))])

    for _ in range(3):
        checked(submission)

    assert submission.verdicts.count() == 1


@pytest.mark.parametrize(("count", "is_taken"), [(60, True), (61, False)])
def test_a_submission_has_sixty_files_at_most(make_submission, count, is_taken):
    files = [(f"{number}.txt", b"a\n") for number in range(count)]

    if is_taken:
        assert make_submission(files=files).files.count() == count
    else:
        with pytest.raises(ValidationError, match="At most 60 files at once"):
            make_submission(files=files)


def test_the_limit_is_of_all_files_together(make_submission, settings):
    settings.MAX_UPLOAD_BYTES = 10
    make_submission(files=[("a.txt", b"12345"), ("b.txt", b"67890")])

    with pytest.raises(ValidationError, match="The files together are larger than 10 bytes"):
        make_submission(files=[("a.txt", b"12345"), ("b.txt", b"678901")])


# What can be downloaded -------------------------------------------------------------------


def fetched(client, name, pk):
    response = client.get(reverse(name, args=[pk]))
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in response.headers["Cache-Control"]
    return b"".join(response).decode()


def test_all_problems_that_are_kept_are_a_table(alices, make_submission, make_test_set):
    make_test_set(target_language="ru")
    submission = checked(
        make_submission(files=[("a.en-fr.txt", as_text(PERFECT[:3])), ("b.txt", b"x\n")])
    )

    head, first, second = fetched(alices, "submission-problems", submission.pk).splitlines()

    assert head.split("\t") == ["file", "test_set", "severity", "line", "segment", "message"]
    assert first.split("\t")[:5] == ["a.en-fr.txt", "en-fr", "error", "3", ""]
    assert second.split("\t")[:5] == ["b.txt", "", "error", "", ""]


@pytest.mark.parametrize(
    ("hostile", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\t=1", "' =1"),
        ("a\tb\nc\rd\u2028e", "a b c d e"),
        ("en-fr", "en-fr"),
        ('"quoted"', '"""quoted"""'),
    ],
)
def test_a_spreadsheet_finds_no_formula_in_it(alices, make_submission, hostile, written):
    submission = checked(make_submission(b"x\n"))
    submission.problems.update(segment=hostile)

    table = fetched(alices, "submission-problems", submission.pk)

    assert table.removesuffix("\n").split("\n")[1].split("\t")[4] == written


TRICKY = ("a\u2028b\x85c", 'e "f" \\n', "été\tg", "𝄞")


def test_hypotheses_come_back_as_they_were_aligned(alices, make_entry):
    entry = make_entry(TRICKY)

    assert fetched(alices, "entry-text", entry.pk) == "".join(f"{text}\n" for text in TRICKY)


@pytest.mark.parametrize("name", ["entry-text", "entry-jsonl"])
def test_what_was_downloaded_can_be_uploaded_again(alices, make_entry, make_submission, name):
    entry = make_entry(TRICKY, system="Öur sýstem/2")
    response = alices.get(reverse(name, args=[entry.pk]))
    file_name = response.headers["Content-Disposition"].split('"')[1]

    again = checked(make_submission(files=[(file_name, b"".join(response))]))

    assert file_name.startswith(f"our-system2-{entry.pk}.en-fr.")
    assert hypotheses.load(again.entries.get()).texts == TRICKY
