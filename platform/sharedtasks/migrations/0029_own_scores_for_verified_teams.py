from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0028_phases_can_be_paused'),
    ]

    operations = [
        migrations.AddField(
            model_name='phase',
            name='own_scores_verified_only',
            field=models.BooleanField(default=False, help_text='Otherwise many accounts of one person could climb by the scores of each.', verbose_name='own scores for verified teams only'),
        ),
    ]
