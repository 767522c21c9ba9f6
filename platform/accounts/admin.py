"""For operators: people, teams, and what they have been invited to."""

from __future__ import annotations

from typing import Any

from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse

from accounts import services
from accounts.models import Invitation, Membership, Team, User
from audit.actions import Action
from audit.admin_site import actor_of
from audit.recording import record_event

# Providers are set only in the environment, and we keep none of their tokens.
admin.site.unregister([EmailAddress, SocialApp, SocialToken])


def _require_free_address(form: ModelForm[User]) -> str:
    """Return the form's address unless it is another account's."""
    email = str(form.cleaned_data["email"]).lower()
    others = EmailAddress.objects.filter(email=email, verified=True).exclude(user=form.instance.pk)
    if email and others.exists():
        raise ValidationError("There is an account with this address already.")
    return email


class AccountCreationForm(AdminUserCreationForm[User]):
    """A form for new accounts, which need an address to sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def clean_email(self) -> str:
        return _require_free_address(self)


class AccountChangeForm(UserChangeForm[User]):
    """A form for existing accounts; an address that is typed in here counts as confirmed."""

    def clean_email(self) -> str:
        return _require_free_address(self)


@admin.register(User)
class AccountAdmin(UserAdmin[User]):
    """Django's own; operators vouch for the addresses that they enter."""

    records_values = True
    form = AccountChangeForm
    add_form = AccountCreationForm
    add_fieldsets = [(None, {"fields": ["email"]}), *UserAdmin.add_fieldsets]

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Protect the last owner of a team, whether an account or a selection is deleted."""
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        users = {user.pk for user in objs}
        for team in Team.objects.filter(membership__user__in=users).distinct():
            owners = team.membership_set.filter(role=Membership.Role.OWNER)
            if owners.exists() and not owners.exclude(user__in=users).exists():
                protected.append(f"Team {team}: its last owner. Make another member an owner.")
        return deleted, counts, missing, protected

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            obj.vouch_for_address()

    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Set a password; Django's page does it without `save_model`."""
        user = self.get_object(request, unquote(id))
        response = super().user_change_password(request, id, form_url)
        if user and User.objects.filter(pk=user.pk).exclude(password=user.password).exists():
            record_event(actor=actor_of(request), action=Action.PASSWORD_SET, row=user)
        return response


@admin.register(EmailAddress)
class AddressAdmin(EmailAddressAdmin):
    """The library's own; its action records what it confirms."""

    records_values = True

    @transaction.atomic
    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        chosen = [address.pk for address in queryset.filter(verified=False)]
        super().make_verified(request, queryset)
        for address in EmailAddress.objects.filter(pk__in=chosen, verified=True):
            changes = {"verified": (False, True)}
            action, actor = Action.CHANGED, actor_of(request)
            record_event(actor=actor, action=action, row=address, changes=changes)


class MembershipFormSet(BaseInlineFormSet[Membership, Team, ModelForm[Membership]]):
    """A team that has an owner keeps an owner."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        owner = Membership.Role.OWNER
        before = set(self.instance.membership_set.filter(role=owner).values_list("pk", flat=True))
        after = set(before)
        for form in self.forms:
            row = form.cleaned_data
            if row and row["role"] == owner and not row.get("DELETE"):
                after.add(form.instance.pk)
            else:
                after.discard(form.instance.pk)
        if before and not after:
            raise ValidationError(
                "The team would be left without an owner. Make a member an owner first."
            )


class MembershipInline(admin.TabularInline[Membership, Team]):
    model = Membership
    formset = MembershipFormSet
    extra = 0


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin[Team]):
    records_values = True
    list_display = ["name", "institution", "is_verified", "is_organisers", "created_at"]
    list_filter = ["is_verified", "is_organisers"]
    search_fields = ["name", "institution", "publication_name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]
    actions = ["verify", "mark_as_organisers"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def save_related(
        self, request: HttpRequest, form: ModelForm[Team], formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        services.end_invitations_of_others(form.instance)

    @admin.action(description="Mark as verified", permissions=["change"])
    def verify(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        count = services.verify_teams(queryset, actor=actor_of(request))
        self.message_user(request, f"Verified now: {count}.")

    @admin.action(
        description="Mark as the organisers' own: baselines, not ranked", permissions=["change"]
    )
    def mark_as_organisers(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        count = services.mark_as_organisers(queryset, actor=actor_of(request))
        self.message_user(request, f"The organisers' own now: {count}.")


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin[Invitation]):
    """Invitations, to look at only: teams send them themselves."""

    list_display = ["team", "email", "invited_by", "expires_at", "accepted_by", "revoked_at"]
    search_fields = ["team__name", "email"]
    exclude = ["token_hash"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
