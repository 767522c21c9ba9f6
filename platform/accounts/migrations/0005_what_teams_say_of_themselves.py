from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_team_names_without_case'),
    ]

    operations = [
        migrations.AddField(
            model_name='team',
            name='publication_name',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='team',
            name='website',
            field=models.URLField(blank=True),
        ),
        migrations.AddField(
            model_name='team',
            name='is_organisers',
            field=models.BooleanField(default=False, verbose_name="the organisers' own"),
        ),
    ]
