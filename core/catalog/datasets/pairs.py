"""The same thing said in two ways: dates and numbers."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Recipe
from core.catalog.datasets.tokens import SPECIAL, Answers, answered
from core.catalog.fields import choice, whole

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FORMATS = (
    "{day} {month} {year}", "{month} {day}, {year}", "{mon} {day} {year}", "{day}-{mon}-{yy:02}",
    "{day:02}.{number:02}.{year}", "{number}/{day}/{year}", "{year}/{number:02}/{day:02}",
    "{weekday}, {day} {month} {year}", "{wkd} {day} {mon} {year}", "the {day}{th} of {month}, {year}",
    "{year}{number:02}{day:02}", "{month} the {day}{th}, {year}")
DATE_CHARACTERS = (*SPECIAL, *sorted({*" ,-./0123456789the of", *"".join((*MONTHS, *DAYS)), *"stndrdth"}))
ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS = (*SPECIAL, *"0123456789", *ONES, *TENS[2:], "hundred", "thousand")
MOST_WORDS = {3: 4, 4: 6, 5: 7, 6: 9}
"""The most words a number takes, by its digits."""


def dates(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Different days from 1950 to 2049, each written in one of twelve ways, and in the way of ISO 8601."""
    from datetime import date, timedelta

    rng, first = np.random.default_rng(seed), date(1950, 1, 1)
    days = rng.permutation((date(2050, 1, 1) - first).days)[:samples]
    ways = rng.integers(0, len(FORMATS), samples)
    told: list[str] = []
    answers: list[str] = []
    for after, way in zip(days, ways, strict=True):
        day = first + timedelta(int(after))
        month, weekday = MONTHS[day.month - 1], DAYS[day.weekday()]
        th = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
        told.append(FORMATS[way].format(
            day=day.day, number=day.month, year=day.year, yy=day.year % 100, month=month, mon=month[:3],
            weekday=weekday, wkd=weekday[:3], th=th))
        answers.append(day.isoformat())
    return answered(told, answers, DATE_CHARACTERS, (28, 11))


def in_words(number: int) -> list[str]:
    """A number below a million in English words."""
    if number < 20:
        return [ONES[number]]
    if number < 100:
        return [TENS[number // 10], *(in_words(number % 10) if number % 10 else [])]
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    return [*in_words(number // size), name, *(in_words(number % size) if number % size else [])]


def number_words(samples: int, digits: int, to: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Different numbers, as many short ones as long ones as far as there are, in words and in digits."""
    rng = np.random.default_rng(seed)
    found: dict[int, None] = {}
    while len(found) < samples:
        found.update(dict.fromkeys(rng.integers(0, 10 ** rng.integers(1, digits + 1, samples)).tolist()))
    numbers = list(found)[:samples]
    figures, words = [str(number) for number in numbers], [in_words(number) for number in numbers]
    if to == "digits":
        return answered(words, figures, NUMBER_WORDS, (MOST_WORDS[digits], digits + 1))
    return answered(figures, words, NUMBER_WORDS, (digits, MOST_WORDS[digits] + 1))


class Dates(Answers):
    """Dates as people write them, in twelve formats, to be said as 2021-03-04 (ISO 8601).

    Days of 1950 to 2049. No day occurs twice, so a test date was never seen in any format.
    """

    kind: Literal["dates"] = "dates"
    title: ClassVar[str] = "Dates"
    group: ClassVar[str] = "text to text"
    answer: ClassVar[str] = "ISO date"
    samples: int = whole(10000, 100, 20000, "How many dates, all different.", unit="dates", step=100)

    @property
    def words(self) -> tuple[str, ...]:
        return DATE_CHARACTERS

    @property
    def lengths(self) -> tuple[int, int]:
        return 28, 11

    def recipe(self) -> Recipe:
        return Recipe(dates, {"samples": self.samples, "seed": self.seed})


class NumberWords(Answers):
    """Numbers in words to be said in digits ("four hundred two" is 402), or the other way round."""

    kind: Literal["number_words"] = "number_words"
    title: ClassVar[str] = "Number words"
    group: ClassVar[str] = "text to text"
    answer: ClassVar[str] = "number"
    samples: int = whole(5000, 100, 20000, "How many numbers, all different. At most half of all there are.",
                         unit="numbers", step=100)
    digits: int = whole(5, 3, 6, "The most digits a number has.", unit="digits")
    to: Literal["digits", "words"] = choice("digits", "What is to be said.", title="Answer in")

    @property
    def count(self) -> int:
        return min(self.samples, 10**self.digits // 2)

    @property
    def words(self) -> tuple[str, ...]:
        return NUMBER_WORDS

    @property
    def lengths(self) -> tuple[int, int]:
        words = MOST_WORDS[self.digits]
        return (words, self.digits + 1) if self.to == "digits" else (self.digits, words + 1)

    def recipe(self) -> Recipe:
        return Recipe(number_words, {"samples": self.count, "digits": self.digits, "to": self.to,
                                     "seed": self.seed})
