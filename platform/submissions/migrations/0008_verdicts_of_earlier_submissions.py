"""Each entry, and each refused file, of a submission that was checked earlier gets its verdict."""

from __future__ import annotations

from django.db import migrations


def judge(apps, schema_editor):
    submissions = apps.get_model("submissions", "Submission").objects
    checked = submissions.filter(state__in=["accepted", "refused"], verdicts=None)
    for submission in checked.prefetch_related("entries", "files").iterator(chunk_size=500):
        _judge(apps, submission)


def _judge(apps, submission):
    Verdict = apps.get_model("submissions", "Verdict")
    problems = apps.get_model("submissions", "Problem").objects.filter(submission=submission)
    files = [file.name for file in submission.files.all()]
    rows = {entry.test_set_id: entry for entry in submission.entries.all()}
    refused = set(problems.filter(severity="error").values_list("test_set", flat=True))
    if not rows:  # one file then, whose problems may name no test set
        refused = {submission.test_set_id}
        problems.update(test_set=submission.test_set_id)
    for position, test_set in enumerate([*rows, *(refused - rows.keys())]):
        own = problems.filter(test_set=test_set)
        if len(rows) == 1 and not refused:
            own = problems  # all are warnings about the one file
        entry = rows.get(test_set)
        named = own.exclude(file="").values_list("file", flat=True).first()
        verdict = Verdict.objects.create(
            submission=submission,
            position=position,
            file=named or (files[0] if files else ""),
            test_set_id=test_set,
            entry=entry,
            errors=0 if entry else own.filter(severity="error").count(),
            warnings=own.filter(severity="warning").count(),
        )
        own.update(verdict=verdict)
    # Of a single file all that was found is known by number, also what was not kept.
    if len(refused) == 1 and not rows:
        Verdict.objects.filter(submission=submission).update(errors=submission.problems_total)


def name_test_sets(apps, schema_editor):
    for problem in apps.get_model("submissions", "Problem").objects.select_related("verdict"):
        problem.test_set_id = problem.verdict.test_set_id
        problem.save(update_fields=["test_set"])


class Migration(migrations.Migration):
    dependencies = [("submissions", "0007_verdicts")]

    operations = [migrations.RunPython(judge, name_test_sets)]
