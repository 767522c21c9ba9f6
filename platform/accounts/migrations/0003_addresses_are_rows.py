from django.db import migrations


class Migration(migrations.Migration):
    """That a confirmed address is one account's is now a constraint of allauth's EmailAddress."""

    dependencies = [
        ('accounts', '0002_usernames_without_case'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='user',
            name='user_email_unique',
        ),
    ]
