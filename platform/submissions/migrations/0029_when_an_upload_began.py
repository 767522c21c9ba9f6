import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0028_teams_take_turns'),
    ]

    operations = [
        migrations.AddField(
            model_name='submission',
            name='begun_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
    ]
