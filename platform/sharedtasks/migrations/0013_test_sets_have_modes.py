"""A test set's mode is data: any name. Reversible while all are in proper, noterm or random."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0012_modes_of_earlier_shared_tasks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='testset',
            name='terminology_mode',
            field=models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='test_sets', to='sharedtasks.mode'),
        ),
        migrations.RemoveConstraint(
            model_name='testset',
            name='test_set_mode_known',
        ),
        migrations.AlterField(
            model_name='testset',
            name='mode',
            field=models.CharField(default='proper', max_length=20),
        ),
    ]
