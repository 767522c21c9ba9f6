"""What organisers can change of a test set: its domain, and the order of its board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.forms import ChoiceField, ModelForm, MultiValueField, MultiWidget, Select

import evaluator
from sharedtasks import testsets
from sharedtasks.metric_columns import BY_METRIC
from sharedtasks.models import TestSet

METRICS_OF_AN_ORDER = 4  # that the form has room for; more if the test set has more


class OrderField(MultiValueField):
    """A choice of a metric, and of further metrics for the mean of ranks."""

    def __init__(self, names: Sequence[str], count: int, **options: Any) -> None:
        metrics = [(name, f"{BY_METRIC[name].label} ({name})") for name in names]
        choices = [("", "–"), *metrics]
        fields = [ChoiceField(choices=choices, required=False) for _ in range(count)]
        super().__init__(
            fields,
            widget=MultiWidget(
                [
                    Select(choices=choices, attrs={"aria-label": f"Metric {number}"})
                    for number in range(1, count + 1)
                ]
            ),
            require_all_fields=False,
            **options,
        )

    def compress(self, data_list: list[str]) -> list[str]:
        """Leave out what is not chosen."""
        return [name for name in data_list if name]


class TestSetForm(ModelForm[TestSet]):
    """A choice of the board's order from the metrics that the test set defines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.instance.official_order
        help_text = (
            "A single metric ranks by its scores, several by the mean of their ranks. "
            "Equal systems are listed by the first."
        )
        try:
            names = evaluator.defined_metrics(testsets.read(self.instance))
        except evaluator.InfrastructureError as error:
            # Without a lemmatiser nothing says which metrics exist: the present choice stays.
            names, help_text = tuple(present), str(error)
        self.fields["official_order"] = OrderField(
            names, max(METRICS_OF_AN_ORDER, len(present)), help_text=help_text
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        # The form leaves out what identifies the test set beside its domain, and so the check.
        self.instance.domain = data.get("domain", self.instance.domain)
        self.instance.validate_constraints()
        return data
