import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_what_teams_say_of_themselves'),
    ]

    operations = [
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('token_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='invitations_accepted', to=settings.AUTH_USER_MODEL)),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations_sent', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='accounts.team')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [
                    models.UniqueConstraint(fields=('token_hash',), name='invitation_token_unique'),
                    models.UniqueConstraint(condition=~Q(email='') & Q(accepted_at=None, revoked_at=None), fields=('team', 'email'), name='invitation_one_pending_per_address'),
                    models.CheckConstraint(condition=Q(accepted_by=None, accepted_at=None) | Q(accepted_by__isnull=False, accepted_at__isnull=False), name='invitation_accepted_by_somebody'),
                    models.CheckConstraint(condition=Q(accepted_at=None) | Q(revoked_at=None), name='invitation_ends_one_way'),
                    models.CheckConstraint(condition=Q(expires_at__gt=F('created_at')), name='invitation_expires_later'),
                ],
            },
        ),
    ]
