from django.db import migrations
from django.db.models import F


def date_earlier_uploads(apps, schema_editor):
    """Nobody noted when the request of an earlier upload began."""
    apps.get_model("submissions", "Submission").objects.update(begun_at=F("created_at"))


class Migration(migrations.Migration):

    dependencies = [("submissions", "0029_when_an_upload_began")]

    operations = [migrations.RunPython(date_earlier_uploads, migrations.RunPython.noop)]
