from django.db import migrations, models

import accounts.time_zones


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_organisers_group'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='time_zone',
            field=models.CharField(default='UTC', max_length=50, validators=[accounts.time_zones.known_zone]),
        ),
    ]
