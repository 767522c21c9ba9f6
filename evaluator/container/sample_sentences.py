"""Five public sentences of our own, for a first trial of a system and for the smoke run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from evaluator.container.inputs import take_documents
from evaluator.types import Segment, Term, Terminology, TestSet

# Two documents, of three and two sentences.
SENTENCES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "en": (
            ("leaflet", "Measure your blood pressure twice a day before you take a tablet."),
            ("leaflet", "Call your doctor if the fever lasts for more than three days."),
            ("leaflet", "A headache is a common side effect and mostly goes away by itself."),
            ("notice", "The vaccine must be stored at 2 to 8 °C & kept away from light."),
            ("notice", "“Side effects < 1 %” means: fewer than one patient in a hundred."),
        ),
        "cs": (
            ("leták", "Změřte si krevní tlak dvakrát denně, než si vezmete tabletu."),
            ("leták", "Trvá-li horečka déle než tři dny, zavolejte svému lékaři."),
            ("leták", "Bolest hlavy je častý nežádoucí účinek a většinou sama odezní."),
            ("oznámení", "Vakcína se musí uchovávat při 2 až 8 °C & chránit před světlem."),
            ("oznámení", "„Nežádoucí účinky < 1 %“ znamená: méně než jeden pacient ze sta."),
        ),
    }
)

TERMS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "en-fr": (
            ("blood pressure", "tension artérielle|pression artérielle"),
            ("tablet", "comprimé"),
            ("fever", "fièvre"),
            ("side effect", "effet indésirable|effet secondaire"),
            ("vaccine", "vaccin"),
        ),
        "en-ru": (
            ("blood pressure", "артериальное давление|кровяное давление"),
            ("tablet", "таблетка"),
            ("fever", "лихорадка"),
            ("side effect", "побочный эффект"),
            ("vaccine", "вакцина"),
        ),
        "en-zh": (
            ("blood pressure", "血压"),
            ("tablet", "片剂|药片"),
            ("fever", "发热|发烧"),
            ("side effect", "副作用"),
            ("vaccine", "疫苗"),
        ),
        "en-ko": (
            ("blood pressure", "혈압"),
            ("tablet", "정제|알약"),
            ("fever", "발열"),
            ("side effect", "부작용"),
            ("vaccine", "백신"),
        ),
        "cs-de": (
            ("krevní tlak", "Blutdruck"),
            ("tableta", "Tablette"),
            ("horečka", "Fieber"),
            ("nežádoucí účinek", "Nebenwirkung"),
            ("vakcína", "Impfstoff"),
        ),
    }
)


def make_sample(source_language: str, target_language: str) -> TestSet:
    """Return the sample as a test set without references; some pairs have terms.

    Raises KeyError for a source language without sentences.
    """
    segments = tuple(
        Segment(f"{document}:{number}", document, text, (), (), ())
        for number, (document, text) in enumerate(SENTENCES[source_language], 1)
    )
    terms = tuple(
        Term(str(number), source, tuple(targets.split("|")))
        for number, (source, targets) in enumerate(
            TERMS.get(f"{source_language}-{target_language}", ()), 1
        )
    )
    terminology = Terminology(source_language, target_language, terms) if terms else None
    whole = take_documents(segments)
    return TestSet(source_language, target_language, whole, "raw", terminology=terminology)
