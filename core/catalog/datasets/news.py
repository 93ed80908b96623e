"""Small pieces of news made of facts, each with the headline they ask for."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Recipe
from core.catalog.datasets.tokens import SPECIAL, Answers, answered

TOWNS = ("lyon", "turin", "oslo", "porto", "ghent", "malmo", "cork", "graz", "bergen", "split", "leeds",
         "basel", "krakow", "vilnius", "seville", "bremen", "tampere", "patras")
LENGTHS = 31, 8
"""The words of the longest paragraph, and of the longest headline with its end."""
DAYS_OF_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = tuple(str(number) for number in range(2, 42))
BUILT = ("bridge", "school", "library", "museum", "station", "pool", "theatre", "hospital")
MADE = ("cars", "bikes", "chairs", "lamps", "phones", "shoes", "clocks", "boats")
FIRMS = ("arbo", "belmo", "cirta", "dunex", "elvo", "fintra", "galdo", "hexa", "ilmo", "jorix")
WEATHER = ("rain", "snow", "fog", "sun", "wind", "frost")
STORMS = ("storm", "flood", "fire", "earthquake")
EVENTS = (  # facts, and the headline; a word in braces is drawn from its table
    (("on {day} a {storm} hit {town}", "{number} houses were damaged",
      "the {storm} lasted for {hours} hours"),
     "{storm} damages {number} houses in {town}"),
    (("the new {built} of {town} was opened on {day}", "it has cost {number} million",
      "it took {hours} years to build"), "{town} opens {built} for {number} million"),
    (("{town} played against {rival} on {day}", "the match ended {number} to {fewer}",
      "{rival} won and {town} lost"), "{rival} beats {town} {number} to {fewer}"),
    (("{town} played against {rival} on {day}", "the match ended {number} to {fewer}",
      "{town} won and {rival} lost"), "{town} beats {rival} {number} to {fewer}"),
    (("{firm} sold {number} thousand {made} this year", "last year it sold {fewer} thousand",
      "the firm has its seat in {town}"), "{firm} sells more {made} than last year"),
    (("{firm} sold {fewer} thousand {made} this year", "last year it sold {number} thousand",
      "the firm has its seat in {town}"), "{firm} sells fewer {made} than last year"),
    (("{firm} of {town} makes {made}", "on {day} it asked {number} new workers to come",
      "{fewer} of them begin tomorrow"), "{firm} hires {number} workers"))
ASIDES = ("there was {weather} in {elsewhere}", "{elsewhere} expects {weather} tomorrow",
          "our reporter came from {elsewhere} by train", "this was told on {other_day}")
NEWS_WORDS = (*SPECIAL, *sorted({
    ".", *TOWNS, *DAYS_OF_WEEK, *NUMBERS, *BUILT, *MADE, *FIRMS, *WEATHER, *STORMS,
    *(word for facts, headline in EVENTS for text in (*facts, headline) for word in text.split()
      if word[0] != "{"),
    *(word for text in ASIDES for word in text.split() if word[0] != "{")}))


def headlines(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Different paragraphs of three facts and something that is beside the point, and their headlines."""
    rng = np.random.default_rng(seed)
    found: dict[str, str] = {}
    while len(found) < samples:
        facts, headline = EVENTS[rng.integers(len(EVENTS))]
        towns, days = rng.permutation(len(TOWNS)), rng.permutation(len(DAYS_OF_WEEK))
        fewer, number = sorted(rng.permutation(len(NUMBERS))[:2])
        names = {"town": TOWNS[towns[0]], "rival": TOWNS[towns[1]], "elsewhere": TOWNS[towns[2]],
                 "day": DAYS_OF_WEEK[days[0]], "other_day": DAYS_OF_WEEK[days[1]],
                 "number": NUMBERS[number], "fewer": NUMBERS[fewer]}
        for name, table in (("built", BUILT), ("made", MADE), ("firm", FIRMS), ("weather", WEATHER),
                            ("storm", STORMS), ("hours", NUMBERS)):
            names[name] = table[rng.integers(len(table))]
        told = [*facts, ASIDES[rng.integers(len(ASIDES))]]
        paragraph = " . ".join(told[place] for place in rng.permutation(len(told)))
        found[f"{paragraph} .".format(**names)] = headline.format(**names)
    answers = [text.split() for text in found.values()]
    return answered([text.split() for text in found], answers, NEWS_WORDS, LENGTHS)


class Headlines(Answers):
    """Pieces of news to be put in a headline: what matters must be found, the rest left out.

    Paragraphs of four sentences in any order, made of seven kinds of events; all are different.
    """

    kind: Literal["headlines"] = "headlines"
    title: ClassVar[str] = "Headlines"
    group: ClassVar[str] = "text to text"
    answer: ClassVar[str] = "headline"

    @property
    def words(self) -> tuple[str, ...]:
        return NEWS_WORDS

    @property
    def lengths(self) -> tuple[int, int]:
        return LENGTHS

    def recipe(self) -> Recipe:
        return Recipe(headlines, {"samples": self.samples, "seed": self.seed})
