"""The pages of accounts, teams and invitations; allauth has the other pages of accounts."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import mails, services
from accounts.access import invitation_or_404, is_owner, owned_team_or_404, team_or_404
from accounts.forms import InvitationForm, MemberForm, RoleForm, TeamForm, TimeZoneForm
from accounts.http import SignedInRequest, limited, team_action
from accounts.models import Invitation, Membership, Team, User

INVALID = HTTPStatus.UNPROCESSABLE_ENTITY
ENDING = "; invitations of theirs no longer work."


@login_required
@never_cache
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    """Show all parts of an account, each with a link to the page that changes it."""
    context = {
        "addresses": EmailAddress.objects.filter(user=request.user).order_by("-primary", "email"),
        "has_second_factor": is_mfa_enabled(request.user),
        "memberships": _memberships(request.user),
        "roles": request.user.roles.select_related("shared_task"),
        "lacks_second_factor": request.user.roles.lacking_second_factor().exists(),
    }
    return render(request, "accounts/account.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def time_zone(request: SignedInRequest) -> HttpResponse:
    """Choose the time zone in which dates are shown, too."""
    user = request.user
    form = TimeZoneForm(initial={"time_zone": user.time_zone})
    if request.method == "POST":
        form = TimeZoneForm(request.POST)
        if form.is_valid():
            User.objects.filter(pk=user.pk).update(time_zone=form.cleaned_data["time_zone"])
            messages.success(request, "Time zone changed.")
            return redirect("account")
    status = INVALID if form.errors else HTTPStatus.OK
    return render(request, "accounts/time_zone.html", {"form": form}, status=status)


# Teams ------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def teams(request: SignedInRequest) -> HttpResponse:
    """List the viewer's teams."""
    return render(request, "teams/teams.html", {"memberships": _memberships(request.user)})


@login_required
@limited("create_team")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create_team(request: SignedInRequest) -> HttpResponse:
    """Create a team that its founder owns."""
    form = TeamForm()
    if request.method == "POST":
        form = TeamForm(request.POST)
        if form.is_valid():
            try:
                team = services.create_team(founder=request.user, description=form.description())
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"{team} is founded. Invite the others now.")
                return redirect(team)
    status = INVALID if form.errors else HTTPStatus.OK
    return render(request, "teams/found.html", {"form": form}, status=status)


@login_required
@never_cache
@require_safe
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show a team to its members and to organisers."""
    return _team_page(request, team_or_404(request.user, slug))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit_team(request: SignedInRequest, slug: str) -> HttpResponse:
    """Change a team's description of itself."""
    own_team = owned_team_or_404(request.user, slug)
    form = TeamForm(team=own_team)
    if request.method == "POST":
        form = TeamForm(request.POST, team=own_team)
        if form.is_valid():
            try:
                services.edit_team(
                    team=own_team, actor=request.user, description=form.description()
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "Changed.")
                return redirect(own_team)
    status = INVALID if form.errors else HTTPStatus.OK
    return render(request, "teams/edit.html", {"team": own_team, "form": form}, status=status)


@team_action
@limited("invite")
def invite(request: SignedInRequest, slug: str) -> HttpResponse:
    """Invite by mail, or make a link that is shown once."""
    own_team = owned_team_or_404(request.user, slug)
    form = InvitationForm(request.POST, team=own_team)
    if form.is_valid():
        try:
            invited = services.invite(
                team=own_team, actor=request.user, email=form.cleaned_data["email"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            _hand_over(request, invited)
            return redirect(own_team)
    return _team_page(request, own_team, form=form)


@team_action
def revoke_invitation(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Take an invitation back."""
    own_team = owned_team_or_404(request.user, slug)
    invitation = get_object_or_404(own_team.invitations, pk=pk)
    return _attempt(
        request,
        own_team,
        lambda: services.revoke_invitation(invitation=invitation, actor=request.user),
        done="The invitation is taken back; its link no longer works.",
    )


@team_action
def remove_member(request: SignedInRequest, slug: str) -> HttpResponse:
    """Remove a member from the team."""
    own_team = owned_team_or_404(request.user, slug)
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _team_page(request, own_team, refused=["Choose one of the members."])
    member = get_object_or_404(User, pk=form.cleaned_data["member"], teams=own_team)
    return _attempt(
        request,
        own_team,
        lambda: services.remove_member(team=own_team, actor=request.user, member=member),
        done=f"{member.username} is no longer in the team{ENDING}",
    )


@team_action
def set_role(request: SignedInRequest, slug: str) -> HttpResponse:
    """Make a member an owner, or the other way round."""
    own_team = owned_team_or_404(request.user, slug)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _team_page(request, own_team, refused=["Choose one of the members and a role."])
    member = get_object_or_404(User, pk=form.cleaned_data["member"], teams=own_team)
    role = form.cleaned_data["role"]
    ending = "." if role == Membership.Role.OWNER else ENDING
    return _attempt(
        request,
        own_team,
        lambda: services.set_role(team=own_team, actor=request.user, member=member, role=role),
        done=f"{member.username} is {role} now{ending}",
    )


@team_action
def leave_team(request: SignedInRequest, slug: str) -> HttpResponse:
    """Leave a team."""
    own_team = team_or_404(request.user, slug)
    try:
        stays = services.leave_team(team=own_team, member=request.user)
    except ValidationError as error:
        return _team_page(request, own_team, refused=error.messages)
    ending = "" if stays else " Nobody was left in it and it had sent nothing, so it is gone."
    messages.success(request, f"You have left {own_team}.{ending}")
    return redirect("teams")


# Invitations ------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation to anybody with the link; POST accepts it."""
    row = invitation_or_404(token)
    viewer = request.user if request.user.is_authenticated else None
    if viewer and Membership.objects.filter(team=row.team, user=viewer).exists():
        messages.info(request, f"You are in {row.team}.")
        return redirect(row.team)
    if end := row.ended(timezone.now()):
        context = {"ended": services.ENDED[end], "remedy": services.ASK_AGAIN}
        return render(request, "teams/invitation_ended.html", context, status=HTTPStatus.GONE)
    if request.method != "POST":
        return _invitation_page(request, row, viewer)
    if viewer is None:
        return redirect_to_login(request.path)
    try:
        services.accept_invitation(invitation=row, user=viewer)
    except ValidationError as error:
        return _invitation_page(request, row, viewer, refused=error.messages)
    messages.success(request, f"Welcome to {row.team}.")
    return redirect(row.team)


def _invitation_page(
    request: HttpRequest,
    invitation: Invitation,
    viewer: User | None,
    refused: list[str] | None = None,
) -> HttpResponse:
    context = {
        "invitation": invitation,
        "team": invitation.team,
        "refused": refused,
        "is_for_viewer": viewer is not None and services.is_for(invitation, viewer),
    }
    status = INVALID if refused else HTTPStatus.OK
    return render(request, "teams/invitation.html", context, status=status)


def _hand_over(request: HttpRequest, invited: services.Invited) -> None:
    """Send the invitation, or show its link in a message. The message is a cookie, not stored."""
    link = request.build_absolute_uri(reverse("invitation", args=[invited.token]))
    email = invited.invitation.email
    if email and mails.send_invitation(invited.invitation, link):
        messages.success(request, f"We have sent the invitation to {email}.")
        return
    refused = f"We could not send an email to {email}. "
    if not invited.invitation.team.is_verified:
        refused = f"We sent no email to {email}: your team is not verified yet. "
    messages.success(
        request,
        format_html(
            "{}Share this link with one person. It works once and is not shown again: "
            '<code class="copy">{}</code>',
            refused if email else "",
            link,
        ),
    )


def _memberships(user: User) -> list[Membership]:
    return list(user.membership_set.select_related("team").order_by("team__name"))


def _attempt(
    request: SignedInRequest, team: Team, action: Callable[[], object], *, done: str
) -> HttpResponse:
    try:
        action()
    except ValidationError as error:
        return _team_page(request, team, refused=error.messages)
    messages.success(request, done)
    return redirect(team)


def _team_page(
    request: SignedInRequest,
    team: Team,
    *,
    form: InvitationForm | None = None,
    refused: list[str] | None = None,
) -> HttpResponse:
    """Show the team, with the reasons why the last action was refused."""
    owns = is_owner(request.user, team)
    memberships = list(
        team.membership_set.select_related("user").order_by("-role", "user__username")
    )
    is_member = any(membership.user == request.user for membership in memberships)
    context = {
        "team": team,
        "memberships": memberships,
        "is_member": is_member,
        # By their relation: shared tasks stand above accounts.
        "decisions": team.decisions.select_related("shared_task") if is_member else [],
        "is_owner": owns,
        "owners": sum(membership.role == Membership.Role.OWNER for membership in memberships),
        "invitations": team.invitations.open().select_related("invited_by") if owns else [],
        "form": form or InvitationForm(team=team),
        "refused": refused,
    }
    status = INVALID if refused or (form and form.errors) else HTTPStatus.OK
    return render(request, "teams/team.html", context, status=status)
