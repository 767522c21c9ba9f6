import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('files', '0002_storage_marker'),
        ('sharedtasks', '0014_test_set_domains'),
    ]

    operations = [
        migrations.AddField(
            model_name='testset',
            name='unit',
            field=models.CharField(choices=[('segment', 'Segment'), ('document', 'Document')], default='segment', max_length=10),
        ),
        migrations.AddField(
            model_name='testset',
            name='delimiter',
            field=models.CharField(blank=True, max_length=20, null=True),
        ),
        migrations.AddField(
            model_name='testset',
            name='samples_file',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='samples_of', to='files.storedfile'),
        ),
        migrations.AddConstraint(
            model_name='testset',
            constraint=models.CheckConstraint(condition=models.Q(('unit__in', ['segment', 'document'])), name='test_set_unit_known'),
        ),
    ]
