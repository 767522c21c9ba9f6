import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0029_own_scores_for_verified_teams'),
    ]

    operations = [
        migrations.CreateModel(
            name='DateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=20)),
                ('old', models.DateTimeField(null=True)),
                ('new', models.DateTimeField(null=True)),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=150)),
                ('phase', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='date_changes', to='sharedtasks.phase')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('field__in', ['opens_at', 'closes_at', 'own_scores_at', 'logs_at', 'board_at', 'team_names_at', 'outputs_at', 'references_at'])), name='date_change_of_a_date')],
            },
        ),
    ]
