from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0023_permission_to_open_tasks'),
    ]

    operations = [
        migrations.AddField(
            model_name='sharedtask',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('announced', 'Announced'), ('retired', 'Retired')], default='draft', editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='sharedtask',
            name='retired_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='sharedtask',
            name='retired_reason',
            field=models.CharField(blank=True, default='', editable=False, max_length=500),
        ),
        migrations.AddConstraint(
            model_name='sharedtask',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'announced', 'retired'])), name='sharedtask_lifecycle_known'),
        ),
        migrations.AddConstraint(
            model_name='sharedtask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('retired_at__isnull', False), ('state', 'retired'), models.Q(('retired_reason', ''), _negated=True)), models.Q(models.Q(('state', 'retired'), _negated=True), ('retired_at', None), ('retired_reason', '')), _connector='OR'), name='sharedtask_retired_with_reason'),
        ),
        migrations.AddField(
            model_name='phase',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('announced', 'Announced'), ('retired', 'Retired')], default='draft', editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='phase',
            name='retired_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='phase',
            name='retired_reason',
            field=models.CharField(blank=True, default='', editable=False, max_length=500),
        ),
        migrations.AddConstraint(
            model_name='phase',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'announced', 'retired'])), name='phase_lifecycle_known'),
        ),
        migrations.AddConstraint(
            model_name='phase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('retired_at__isnull', False), ('state', 'retired'), models.Q(('retired_reason', ''), _negated=True)), models.Q(models.Q(('state', 'retired'), _negated=True), ('retired_at', None), ('retired_reason', '')), _connector='OR'), name='phase_retired_with_reason'),
        ),
        migrations.AddField(
            model_name='testset',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('announced', 'Announced'), ('retired', 'Retired')], default='draft', editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='testset',
            name='retired_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='testset',
            name='retired_reason',
            field=models.CharField(blank=True, default='', editable=False, max_length=500),
        ),
        migrations.AddConstraint(
            model_name='testset',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'announced', 'retired'])), name='testset_lifecycle_known'),
        ),
        migrations.AddConstraint(
            model_name='testset',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('retired_at__isnull', False), ('state', 'retired'), models.Q(('retired_reason', ''), _negated=True)), models.Q(models.Q(('state', 'retired'), _negated=True), ('retired_at', None), ('retired_reason', '')), _connector='OR'), name='testset_retired_with_reason'),
        ),
    ]
