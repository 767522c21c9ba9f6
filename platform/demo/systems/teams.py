"""The demo's teams: names, places and people that do not exist."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """An invented team with its only member."""

    name: str
    institution: str
    member: str


def demo_teams() -> list[DemoTeam]:
    """Return the nineteen teams."""
    return list(_TEAMS)


_TEAMS = (
    DemoTeam("Blue Teapots", "Department of Patient Readers, Lower Saltmarsh", "Mira Halloway"),
    DemoTeam("Paper Kites", "Old Mill School of Translation, Lhota nad Mlhou", "Tomáš Březinka"),
    DemoTeam("Night Owls", "Harbour Reading Room, Port-Lanterne", "Odile Marchetenne"),
    DemoTeam("Apricot Lab", "Institute for Gentle Machines, Aprikosenried", "Jonas Ebbinghofer"),
    DemoTeam("Copper Lanterns", "Mulberry Bridge Language Workshop, Sangqiao", "Lin Yuhe"),
    DemoTeam("Seven Pines", "Seven Pines Language Centre, Sollae-maeul", "Han Seobin"),
    DemoTeam("Birch and Letter", "Quiet Speech Laboratory, Beryozovaya Gavan", "Vera Luzhina"),
    DemoTeam("Tin Whistles", "College of Small Grammars, Ballyweir", "Aoife Carrowmoyle"),
    DemoTeam("Polar Notebook", "Northern Phrasebook Archive, Isvika", "Signe Fjellheimen"),
    DemoTeam("Olive Press", "Academy of Plain Words, Elaiokampos", "Nikos Avlonaris"),
    DemoTeam("Marble Finch", "Centre for Careful Sentences, Pietrafonda", "Giulia Montelago"),
    DemoTeam("Saffron Threads", "Institute of Glossaries, Kesarpur Ghat", "Anaya Vellodi"),
    DemoTeam("Quiet Harbour", "Lighthouse School of Letters, Farol do Norte", "Duarte Ribafria"),
    DemoTeam("Cactus Flower", "University of Two Languages, San Nopal", "Ximena Arroyoseco"),
    DemoTeam("Baobab Circle", "Translators' Circle of Keur Lune", "Awa Sénélune"),
    DemoTeam("Maple Syntax", "Polytechnic of Lac-aux-Feuilles", "Étienne Boisvallon"),
    DemoTeam("Fern Sentences", "Long Cloud Institute, Port Manuka", "Hana Rewharangi"),
    DemoTeam("Amber Coast", "Terminology Office of Gintarų Krantas", "Rūta Jūrakalnė"),
    DemoTeam("Stork Tower", "Readers' Society of Gólyavár", "Benedek Tornyosi"),
)
