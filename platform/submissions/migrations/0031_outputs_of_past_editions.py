from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0030_earlier_uploads_began_when_they_were_stored'),
    ]

    operations = [
        migrations.AddField(
            model_name='submission',
            name='is_import',
            field=models.BooleanField(default=False),
        ),
    ]
