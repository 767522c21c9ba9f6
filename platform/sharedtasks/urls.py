from __future__ import annotations

from django.urls import path

from sharedtasks import views

urlpatterns = [path("tasks/<slug:slug>/", views.shared_task, name="shared-task")]
