from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    Entry = apps.get_model("submissions", "Entry")
    of_entry = Entry.objects.filter(pk=OuterRef("entry_id")).values("submission_id")
    apps.get_model("nodes", "Run").objects.update(submission_id=Subquery(of_entry))


class Migration(migrations.Migration):
    dependencies = [("nodes", "0002_runs_know_their_submission")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
