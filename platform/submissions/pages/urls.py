from __future__ import annotations

from django.urls import path

from submissions.models import Entry, Submission
from submissions.pages.views import (
    downloads,
    entry,
    history,
    organiser_actions,
    submission,
    submitting,
    submitting_image,
)
from submissions.services.organiser_actions import list_for

urlpatterns = [
    path("tasks/<slug:task>/<slug:phase>/submit", submitting.submit, name="submit"),
    path(
        "tasks/<slug:task>/<slug:phase>/submit-image",
        submitting_image.submit_image,
        name="submit-image",
    ),
    path("submissions/", history.submissions, name="submissions"),
    path("submissions/<int:pk>/", submission.submission, name="submission"),
    path(
        "submissions/<int:pk>/files/<int:position>",
        downloads.submission_file,
        name="submission-file",
    ),
    path(
        "submissions/<int:pk>/problems.tsv",
        downloads.submission_problems,
        name="submission-problems",
    ),
    path(
        "submissions/<int:pk>/files/<int:position>/system",
        submission.choose_system,
        name="choose-system",
    ),
    path("entries/<int:pk>/", entry.entry, name="entry"),
    path("entries/<int:pk>/hypotheses.txt", downloads.entry_text, name="entry-text"),
    path("entries/<int:pk>/hypotheses.jsonl", downloads.entry_jsonl, name="entry-jsonl"),
    path("entries/<int:pk>/primary", entry.make_primary, name="make-primary"),
    path("entries/<int:pk>/contrastive", entry.make_contrastive, name="make-contrastive"),
    path("entries/<int:pk>/withdraw", entry.withdraw, name="withdraw"),
    path("entries/<int:pk>/cancel", entry.cancel, name="cancel"),
]
for model, row in ((Entry, "entries"), (Submission, "submissions")):
    for action in list_for(model):
        urlpatterns.append(
            path(
                f"{row}/<int:pk>/{action.name}",
                organiser_actions.act,
                {"action": action},
                name=action.address_name,
            )
        )
