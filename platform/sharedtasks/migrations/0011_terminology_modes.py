import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0010_phases_choose_versions_of_metrics'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shared_task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='modes', to='sharedtasks.sharedtask')),
                ('name', models.CharField(help_text='In file names and addresses, which leave out proper.', max_length=20, validators=[django.core.validators.RegexValidator('\\A(?!v[0-9]+\\Z)[a-z][a-z0-9]{1,19}\\Z', 'Write 2 to 20 small letters and digits, a letter first: noterm. v1, v2 … are versions.')])),
                ('label', models.CharField(help_text='On pages, as in: no terms.', max_length=40)),
                ('gives_terms', models.BooleanField(help_text="Systems are given the list's terms.")),
                ('gives_samples', models.BooleanField(default=False, help_text='Systems are given sample bitexts. Teams send outputs only: no image is run.')),
                ('list_name', models.CharField(choices=[('proper', 'proper terms'), ('random', 'random terms')], default='proper', help_text='Scores count the terms of this list, whether systems are given them or not.', max_length=10, verbose_name='list')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Tabs are in this order.')),
            ],
            options={
                'ordering': ['position', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('shared_task', 'name'), name='mode_once_in_shared_task', violation_error_message='This shared task has that mode already.'), models.CheckConstraint(condition=models.Q(('list_name__in', ('proper', 'random'))), name='mode_list_known')],
            },
        ),
        migrations.AddField(
            model_name='testset',
            name='terminology_mode',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='test_sets', to='sharedtasks.mode'),
        ),
        migrations.AddField(
            model_name='testsetterminology',
            name='list_name',
            field=models.CharField(default='proper', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='testsetterminology',
            constraint=models.CheckConstraint(condition=models.Q(('list_name__in', ('proper', 'random'))), name='test_set_terminology_list_known'),
        ),
    ]
