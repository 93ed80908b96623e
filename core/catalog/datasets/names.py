"""Names to be sorted into where they come from, read character by character."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Recipe, Task
from core.catalog.datasets.tokens import PADDING, Tokens, encoded
from core.catalog.fields import whole

ALPHABET = (PADDING, *" -'abcdefghijklmnopqrstuvwxyz")
REGIONS = ("Africa", "America", "Asia", "Europe", "Pacific")
LETTERS_OF = {"Arabic": 685, "Canadian": 629, "Cyrillic": 214, "Ethiopic": 197, "Greek": 216, "Hangul": 11208,
              "Latin": 683, "Yi": 918}
"""Scripts, and how many of their letters have a name of their own. Unicode 3.2 is closed for good."""
LONGEST_CITY, LONGEST_LETTER = 16, 40


def cities(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cities that clocks are named for, and the number of the region they lie in."""
    from importlib.resources import files

    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    regions: dict[str, set[str]] = {}
    for name in names:
        region, _, city = name.partition("/")
        if region in REGIONS:
            regions.setdefault(city.split("/")[-1].replace("_", " ").lower(), set()).add(region)
    known = sorted((city, min(found)) for city, found in regions.items()
                   if len(found) == 1 and set(city) <= set(ALPHABET) and len(city) <= LONGEST_CITY)
    drawn = [known[place] for place in np.random.default_rng(seed).permutation(len(known))[:count]]
    return (encoded([city for city, _ in drawn], ALPHABET, LONGEST_CITY),
            np.array([REGIONS.index(region) for _, region in drawn]))


def scripts(most: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What letters are called in Unicode 3.2, less the script's name; at most so many of each script."""
    from unicodedata import ucd_3_2_0

    called: dict[str, set[str]] = {}
    for code in range(0x10000):
        script, _, name = ucd_3_2_0.name(chr(code), "").lower().partition(" ")
        if script.capitalize() in LETTERS_OF and set(name) <= set(ALPHABET) and len(name) <= LONGEST_LETTER:
            called.setdefault(name, set()).add(script.capitalize())
    rng = np.random.default_rng(seed)
    drawn: list[tuple[str, int]] = []
    for number, script in enumerate(LETTERS_OF):
        own = sorted(name for name, found in called.items() if found == {script})
        drawn += [(own[place], number) for place in rng.permutation(len(own))[:most]]
    return (encoded([name for name, _ in drawn], ALPHABET, LONGEST_LETTER),
            np.array([number for _, number in drawn]))


class Cities(Tokens):
    """400 cities that the world's clocks are named for (tzdata): which part of the world is each in?

    Few, and no rule fits them all: a network soon knows its own by heart and guesses the others.
    """

    kind: Literal["cities"] = "cities"
    title: ClassVar[str] = "Cities"
    group: ClassVar[str] = "text"

    @property
    def count(self) -> int:
        return 400

    @property
    def words(self) -> tuple[str, ...]:
        return ALPHABET

    @property
    def steps(self) -> int:
        return LONGEST_CITY

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=len(REGIONS), classes=REGIONS, target="region")

    def recipe(self) -> Recipe:
        return Recipe(cities, {"count": self.count, "seed": self.seed})


class Scripts(Tokens):
    """What letters are called in Unicode ("small letter alpha with tonos"): which script is each from?

    Eight scripts, whose own names are left out of what is read. It comes with Python (unicodedata).
    """

    kind: Literal["scripts"] = "scripts"
    title: ClassVar[str] = "Names of letters"
    group: ClassVar[str] = "text"
    most: int = whole(600, 100, 1000, "Letters of one script at most; three of the scripts have about 200.",
                      unit="letters", step=50)

    @property
    def count(self) -> int:
        return sum(min(letters, self.most) for letters in LETTERS_OF.values())

    @property
    def words(self) -> tuple[str, ...]:
        return ALPHABET

    @property
    def steps(self) -> int:
        return LONGEST_LETTER

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=len(LETTERS_OF), classes=tuple(LETTERS_OF),
                    target="script")

    def recipe(self) -> Recipe:
        return Recipe(scripts, {"most": self.most, "seed": self.seed})
