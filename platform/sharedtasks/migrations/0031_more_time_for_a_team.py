import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_organisers_group'),
        ('sharedtasks', '0030_dates_that_were_moved'),
    ]

    operations = [
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField()),
                ('reason', models.CharField(max_length=500)),
                ('phase', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extensions', to='sharedtasks.phase')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extensions', to='accounts.team')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('phase', 'team'), name='extension_once_for_a_team'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='extension_has_a_reason')],
            },
        ),
    ]
