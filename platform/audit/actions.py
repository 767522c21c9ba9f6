"""The verbs of the log, and the ways in which something is done. Imports no model."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices


class Action(StrEnum):
    """What was done to an object, in words that follow its name; they are stored as they are."""

    CREATED = "created"
    CHANGED = "changed"  # plain fields: the changes say the rest
    DELETED = "deleted"
    # Shared tasks, phases, test sets
    ANNOUNCED = "announced"
    RETIRED = "retired"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "given more time"
    IMPORTED = "imported"
    DOWNLOADS_MADE = "files for participants made again"
    VERSIONS_SHOWN = "newest versions of metrics shown"
    BEGUN = "begun"
    SCORING_BEGUN = "scoring begun"
    PUBLISHED = "published"
    DISCARDED = "discarded"
    # Submissions, entries, images
    REQUEUED = "requeued"
    RESCORED = "to be scored again"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    EXCLUDED = "excluded from the board"
    PUT_BACK = "put back on the board"
    FLAGGED = "flagged"
    UNFLAGGED = "no longer flagged"
    MADE_PRIMARY = "made primary"
    MADE_CONTRASTIVE = "made contrastive"
    QUARANTINED = "put into quarantine"
    QUARANTINE_LIFTED = "let out of quarantine"
    # Teams and people
    VERIFIED = "verified"
    UNVERIFIED = "no longer verified"
    DECLINED = "declined"
    REMOVED = "removed"
    READMITTED = "admitted again"
    SENT_FOR = "sent for its team by an organiser"
    PARTICIPANTS_READ = "names and addresses of participants downloaded"
    MARKED_AS_ORGANISERS = "marked as the organisers' own"
    ROLE_GIVEN = "made an organiser"
    ROLE_TAKEN = "no longer an organiser"
    PASSWORD_SET = "given another password"
    # Nodes
    DRAINED = "drained"
    UNDRAINED = "given work again"
    REVOKED = "its token revoked"


class Way(TextChoices):
    """By what way it was done."""

    SITE = "site", "page"
    ADMIN = "admin", "admin panel"
    COMMAND = "command", "command line"
    PLATFORM = "platform", "the platform itself"
