"""The uploads, made by their recipes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from demo.systems.control_recipes import CONTROL_RECIPES
from demo.systems.file_formats import Output, zipped
from demo.systems.material import NOTERM_PAIRS, material
from demo.systems.recipe import Recipe
from demo.systems.source_recipes import SOURCE_RECIPES


@dataclass(frozen=True, slots=True)
class DemoSystem:
    """One upload."""

    team: str
    name: str
    description: str  # how it was made, shown to visitors
    is_primary: bool
    is_constrained: bool
    terminology_use: Literal["inference", "training"]
    files: tuple[tuple[str, bytes], ...]  # (name, content): NAME.en-fr.txt each, or a NAME.zip


def demo_systems() -> list[DemoSystem]:
    """Return all uploads; of some, a part or the whole is going to be refused."""
    return [_make(recipe) for recipe in (*SOURCE_RECIPES, *CONTROL_RECIPES)]


def _make(recipe: Recipe) -> DemoSystem:
    return DemoSystem(
        team=recipe.team,
        name=recipe.name,
        description=recipe.description,
        is_primary=recipe.is_primary,
        is_constrained=recipe.is_constrained,
        terminology_use=recipe.terminology_use,
        files=_packed(recipe),
    )


def _packed(recipe: Recipe) -> tuple[tuple[str, bytes], ...]:
    files = [
        (f"{recipe.name}.{pair}.{recipe.format.suffix}", _write(recipe, pair))
        for pair in recipe.language_pairs
    ]
    if recipe.without_terms:
        files += [
            (f"{recipe.name}.{pair}.noterm.{recipe.format.suffix}", _write_noterm(recipe, pair))
            for pair in recipe.language_pairs
            if pair in NOTERM_PAIRS
        ]
    # What gzip has packed goes side by side: an archive inside a zip is refused.
    if len(files) == 1 or recipe.format.is_packed:
        return tuple(files)
    return ((f"{recipe.name}.zip", zipped(files)),)


def _write_noterm(recipe: Recipe, pair: str) -> bytes:
    assert recipe.without_terms is not None
    found = material(pair)
    texts = recipe.without_terms(found)
    return recipe.format.write(Output(recipe.name, pair, found.test_set.segments, texts))


def _write(recipe: Recipe, pair: str) -> bytes:
    found = material(recipe.taken_from.get(pair, pair))
    segments, texts = found.test_set.segments, recipe.translate(found)
    output = Output(recipe.name, found.language_pair, segments, texts)
    spoil = recipe.flaws.get(pair)
    return recipe.format.write(spoil(output) if spoil else output)
