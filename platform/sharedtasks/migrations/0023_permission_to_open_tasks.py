from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('sharedtasks', '0022_roles_of_earlier_organisers'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='sharedtask',
            options={'ordering': ['-created_at'], 'permissions': [('open_tasks', 'Can open shared tasks, and owns them')]},
        ),
    ]
