"""Terminology modes: what systems are given beside the sources, as data of a shared task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from sharedtasks.models import Phase, SharedTask

PROPER = "proper"  # the mode that file names and addresses leave out
LISTS = ("proper", "random")  # the lists of terms that a test set can have
MODE_NAME = RegexValidator(
    r"\A(?!v[0-9]+\Z)[a-z][a-z0-9]{1,19}\Z",
    "Write 2 to 20 small letters and digits, a letter first: noterm. v1, v2 … are versions.",
)


@dataclass(frozen=True, slots=True)
class StandardMode:
    """A mode of past editions, which a shared task has from the start or when it first uses it."""

    label: str
    gives_terms: bool = False
    gives_samples: bool = False
    list_name: str = "proper"
    is_usual: bool = True  # every new shared task has it


STANDARD_MODES = {
    "proper": StandardMode("proper terms", gives_terms=True),
    "noterm": StandardMode("no terms"),
    "random": StandardMode("random terms", gives_terms=True, list_name="random"),
    "sample": StandardMode("sample bitexts", gives_samples=True, is_usual=False),
}


class Mode(models.Model):
    """What systems are given for some test sets of a shared task, and which terms scores count."""

    FIXED = ("name", "gives_terms", "gives_samples", "list_name")  # once it has test sets

    shared_task = models.ForeignKey("sharedtasks.SharedTask", models.CASCADE, related_name="modes")
    name = models.CharField(
        max_length=20,
        validators=[MODE_NAME],
        help_text="In file names and addresses, which leave out proper.",
    )
    label = models.CharField(max_length=40, help_text="On pages, as in: no terms.")
    gives_terms = models.BooleanField(help_text="Systems are given the list's terms.")
    gives_samples = models.BooleanField(
        default=False,
        help_text="Systems are given sample bitexts. Teams send outputs only: no image is run.",
    )
    list_name = models.CharField(
        "list",
        max_length=10,
        choices=[(name, f"{name} terms") for name in LISTS],
        default="proper",
        help_text="Scores count the terms of this list, whether systems are given them or not.",
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Tabs are in this order.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="mode_once_in_shared_task",
                fields=["shared_task", "name"],
                violation_error_message="This shared task has that mode already.",
            ),
            models.CheckConstraint(name="mode_list_known", condition=Q(list_name__in=LISTS)),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a change that scores depend on, and a name that is a domain's too."""
        super().clean()
        stored = Mode.objects.filter(pk=self.pk).first()
        if stored is not None and stored.test_sets.exists():
            for name in self.FIXED:
                if getattr(stored, name) != getattr(self, name):
                    raise ValidationError(
                        {name: f"Test sets have the mode {stored.name}, so this cannot change."}
                    )
        if self.shared_task_id and self.shared_task.has_domain(self.name):
            raise ValidationError({"name": "A domain of this shared task has that name."})

    def is_like(self, other: Mode) -> bool:
        """Return whether systems are given the same in both modes, and scored the same."""
        return all(getattr(self, name) == getattr(other, name) for name in self.FIXED)

    @property
    def task_slug(self) -> str:
        """Return the shared task's slug, for the log."""
        return self.shared_task.slug

    @property
    def is_bare(self) -> bool:
        """Return whether systems are given sources only: what other modes are compared with."""
        return not (self.gives_terms or self.gives_samples)

    @property
    def scored_as(self) -> str:
        """Return the mode that the evaluator is told: it takes `random` for the list's name."""
        is_named_after_list = (self.name == "random") == (self.list_name == "random")
        return self.name if is_named_after_list else self.list_name


def create_usual_modes(shared_task: SharedTask) -> None:
    """Give a new shared task the modes that nearly every edition has."""
    for name, standard in STANDARD_MODES.items():
        if standard.is_usual:
            find_mode(shared_task, name)


def move_modes(phase: Phase) -> None:
    """Give the test sets of a phase that was moved the modes of its new shared task."""
    for mode in Mode.objects.filter(test_sets__phase=phase).exclude(shared_task=phase.shared_task):
        values = {name: getattr(mode, name) for name in (*mode.FIXED[1:], "label", "position")}
        own, _ = Mode.objects.get_or_create(
            shared_task=phase.shared_task, name=mode.name, defaults=values
        )
        phase.test_sets.filter(mode=mode.name).update(terminology_mode=own)


def find_mode(shared_task: SharedTask, name: str) -> Mode:
    """Return a shared task's mode. Raises ValidationError.

    A standard mode that it does not have yet is created.
    """
    known = {mode.name: mode for mode in Mode.objects.filter(shared_task=shared_task)}
    if name in known:
        return known[name]
    if name not in STANDARD_MODES:
        choices = ", ".join(dict.fromkeys([*known, *STANDARD_MODES]))
        raise ValidationError(
            f"{shared_task} has no mode {name!r}. Choose one of: {choices}; or add it on the "
            "organisers' page Setup."
        )
    standard = STANDARD_MODES[name]
    mode = Mode(
        shared_task=shared_task,
        name=name,
        label=standard.label,
        gives_terms=standard.gives_terms,
        gives_samples=standard.gives_samples,
        list_name=standard.list_name,
        position=list(STANDARD_MODES).index(name),
    )
    mode.clean()  # all else is right in a standard mode that is not there yet
    mode.save()
    return mode
