from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0027_phases_have_a_grace_time'),
    ]

    operations = [
        migrations.AddField(
            model_name='phase',
            name='paused_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='phase',
            name='pause_reason',
            field=models.CharField(blank=True, default='', editable=False, max_length=500),
        ),
        migrations.AddConstraint(
            model_name='phase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paused_at__isnull', False), models.Q(('pause_reason', ''), _negated=True)), models.Q(('pause_reason', ''), ('paused_at', None)), _connector='OR'), name='phase_paused_with_reason'),
        ),
    ]
