from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0025_announced_rows_stay_announced'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='phase',
            name='is_announced',
        ),
        migrations.RemoveField(
            model_name='sharedtask',
            name='is_announced',
        ),
    ]
