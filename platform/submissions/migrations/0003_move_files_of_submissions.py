"""Each submission's one file becomes the first of its files."""

from __future__ import annotations

from django.db import migrations


def move(apps, schema_editor):
    SubmittedFile = apps.get_model("submissions", "SubmittedFile")
    submissions = apps.get_model("submissions", "Submission").objects.exclude(file=None)
    SubmittedFile.objects.bulk_create(
        (
            SubmittedFile(submission_id=pk, file_id=file, name=name, position=0)
            for pk, file, name in submissions.values_list("pk", "file_id", "file_name").iterator()
        ),
        batch_size=500,
    )


def move_back(apps, schema_editor):
    Submission = apps.get_model("submissions", "Submission")
    for file in apps.get_model("submissions", "SubmittedFile").objects.filter(position=0):
        Submission.objects.filter(pk=file.submission_id).update(
            file_id=file.file_id, file_name=file.name
        )


class Migration(migrations.Migration):
    dependencies = [("submissions", "0002_files_of_a_submission")]

    operations = [migrations.RunPython(move, move_back)]
