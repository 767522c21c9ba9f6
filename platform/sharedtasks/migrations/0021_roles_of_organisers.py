import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0020_builds_of_boards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Organiser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('observer', 'Observer'), ('organiser', 'Organiser'), ('owner', 'Owner')], max_length=10)),
                ('reads_references', models.BooleanField(default=False)),
                ('shared_task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='organisers', to='sharedtasks.sharedtask')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='roles', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [
                    models.UniqueConstraint(fields=('shared_task', 'user'), name='organiser_once_in_shared_task'),
                    models.CheckConstraint(condition=Q(role__in=['observer', 'organiser', 'owner']), name='organiser_role_known'),
                    models.CheckConstraint(condition=Q(reads_references=False) | Q(role='observer'), name='organiser_references_for_observers', violation_error_message='Owners and organisers always read references; say so of observers only.'),
                ],
            },
        ),
    ]
