from django.db import migrations

GROUP = "organisers"


def give_roles(apps, schema_editor):
    """Superusers own every shared task, and so do the group's members where there is no superuser."""
    users = apps.get_model("accounts", "User").objects
    superusers = list(users.filter(is_superuser=True).order_by("pk"))
    members = list(users.filter(groups__name=GROUP, is_superuser=False).order_by("pk"))
    of_members = "organiser" if any(user.is_active for user in superusers) else "owner"
    roles = [(user, "owner") for user in superusers] + [(user, of_members) for user in members]
    organiser = apps.get_model("sharedtasks", "Organiser")
    organiser.objects.bulk_create(
        organiser(shared_task=task, user=user, role=role)
        for task in apps.get_model("sharedtasks", "SharedTask").objects.order_by("pk")
        for user, role in roles
    )
    apps.get_model("auth", "Group").objects.filter(name=GROUP).delete()
    for user in members:  # other groups, or permissions of the account, may need the admin panel
        user.is_staff = user.groups.exists() or user.user_permissions.exists()
        user.save(update_fields=["is_staff"])


def form_group(apps, schema_editor):
    """Put everybody who changes a shared task into the group; observers had no such role before."""
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    users = apps.get_model("accounts", "User").objects
    members = users.filter(roles__role__in=["organiser", "owner"], is_superuser=False).distinct()
    group.user_set.add(*members)
    users.filter(groups=group).update(is_staff=True)
    apps.get_model("sharedtasks", "Organiser").objects.all().delete()


class Migration(migrations.Migration):
    """From the group *organisers*, who managed every shared task, to roles in each of them."""

    dependencies = [
        ("sharedtasks", "0021_roles_of_organisers"),
        ("accounts", "0008_organisers_group"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(give_roles, form_group)]
