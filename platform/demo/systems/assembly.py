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
    """An upload."""

    team: str
    name: str
    description: str  # how it was made, shown to visitors
    is_primary: bool
    is_constrained: bool
    terminology_use: Literal["inference", "training"]
    files: tuple[tuple[str, bytes], ...]  # (name, content): NAME.en-fr.txt each, or a NAME.zip


def demo_systems() -> list[DemoSystem]:
    """Return all uploads; some files among them will be refused."""
    return [
        DemoSystem(
            team=recipe.team,
            name=recipe.name,
            description=recipe.description,
            is_primary=recipe.is_primary,
            is_constrained=recipe.is_constrained,
            terminology_use=recipe.terminology_use,
            files=_make_files(recipe),
        )
        for recipe in (*SOURCE_RECIPES, *CONTROL_RECIPES)
    ]


def _make_files(recipe: Recipe) -> tuple[tuple[str, bytes], ...]:
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
    # Gzipped files are sent side by side: an archive inside a zip is refused.
    if len(files) == 1 or recipe.format.is_packed:
        return tuple(files)
    return ((f"{recipe.name}.zip", zipped(files)),)


def _write_noterm(recipe: Recipe, pair: str) -> bytes:
    assert recipe.without_terms is not None
    source = material(pair)
    texts = recipe.without_terms(source)
    return recipe.format.write(Output(recipe.name, pair, source.test_set.segments, texts))


def _write(recipe: Recipe, pair: str) -> bytes:
    source = material(recipe.taken_from.get(pair, pair))
    segments, texts = source.test_set.segments, recipe.translate(source)
    output = Output(recipe.name, source.language_pair, segments, texts)
    spoil = recipe.flaws.get(pair)
    return recipe.format.write(spoil(output) if spoil else output)
