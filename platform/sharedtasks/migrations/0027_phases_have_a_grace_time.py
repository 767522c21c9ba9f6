import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0026_states_replace_announced'),
    ]

    operations = [
        migrations.AddField(
            model_name='phase',
            name='grace_minutes',
            field=models.PositiveSmallIntegerField(default=0, help_text='An upload that began before the closing counts if it ends within this time.', validators=[django.core.validators.MaxValueValidator(60)], verbose_name='grace, minutes'),
        ),
        migrations.AddConstraint(
            model_name='phase',
            constraint=models.CheckConstraint(condition=models.Q(('grace_minutes__lte', 60)), name='phase_grace_of_an_hour_at_most'),
        ),
    ]
