from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of Django's database cache, as `createcachetable` makes it.

    It is no model of ours, so the state knows nothing of it; made here, it is there after `migrate`
    wherever the cache is the default one.
    """

    dependencies = [
        ('accounts', '0006_invitations'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.CreateModel(
                    name='CacheEntry',
                    fields=[
                        ('cache_key', models.CharField(max_length=255, primary_key=True, serialize=False)),
                        ('value', models.TextField()),
                        ('expires', models.DateTimeField(db_index=True)),
                    ],
                    options={'db_table': 'django_cache'},
                ),
            ],
        ),
    ]
