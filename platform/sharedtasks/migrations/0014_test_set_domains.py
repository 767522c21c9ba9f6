import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0013_test_sets_have_modes'),
    ]

    operations = [
        migrations.AddField(
            model_name='testset',
            name='domain',
            field=models.CharField(blank=True, default='', help_text='Such as medical: a part of addresses and file names. Files that teams send from now on have to name it; earlier addresses go on answering.', max_length=40, validators=[django.core.validators.RegexValidator('\\A(?!v[0-9]+\\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*\\Z', 'Write small letters and digits, a letter first, with single hyphens between: medical, machine-tool.')]),
        ),
        migrations.RemoveConstraint(
            model_name='testset',
            name='test_set_once_in_phase',
        ),
        migrations.AddConstraint(
            model_name='testset',
            constraint=models.UniqueConstraint(fields=('phase', 'domain', 'source_language', 'target_language', 'mode', 'version'), name='test_set_once_in_phase', violation_error_message='This phase has that test set already.'),
        ),
    ]
