from django.db import migrations, models

import sharedtasks.validators


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0015_test_set_units_and_samples'),
    ]

    operations = [
        migrations.AddField(
            model_name='testset',
            name='term_lemmatiser',
            field=models.CharField(blank=True, default='', help_text='Empty: what the target language has.', max_length=30, validators=[sharedtasks.validators.known_lemmatiser]),
        ),
    ]
