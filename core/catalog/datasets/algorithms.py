"""Small computations on tokens: what a network can learn exactly, and whether it does."""

from typing import Any, ClassVar, Literal

import numpy as np

from core.catalog.base import Recipe, Task
from core.catalog.datasets.tokens import SPECIAL, Answers, Tokens, answered
from core.catalog.fields import choice, real, switch, whole

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
BRACKETS = ("␀", "(", ")", "[", "]")
OPERATIONS = {"add": "+", "subtract": "−", "multiply": "×"}


def letters(samples: int, longest: int, symbols: int, seed: int) -> list[str]:
    """Different strings of letters, from just over half of the longest length up to all of it."""
    rng = np.random.default_rng(seed)
    shortest = longest // 2 + 1
    found: dict[str, None] = {}
    while len(found) < samples:
        drawn = rng.integers(0, symbols, (samples, longest))
        for place, row in enumerate(drawn):
            length = longest - place % (longest - shortest + 1)
            found["".join(LETTERS[letter] for letter in row[:length])] = None
    return list(found)[:samples]


def copy(samples: int, longest: int, symbols: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Strings of letters, and the same again."""
    texts = letters(samples, longest, symbols, seed)
    return answered(texts, texts, (*SPECIAL, *LETTERS[:symbols]), (longest, longest + 1))


def reverse(samples: int, longest: int, symbols: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Strings of letters, and the same from the end to the beginning."""
    texts = letters(samples, longest, symbols, seed)
    return answered(texts, [text[::-1] for text in texts], (*SPECIAL, *LETTERS[:symbols]),
                    (longest, longest + 1))


def sort(samples: int, longest: int, symbols: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Strings of letters, and their letters in the order of the alphabet."""
    texts = letters(samples, longest, symbols, seed)
    return answered(texts, [sorted(text) for text in texts], (*SPECIAL, *LETTERS[:symbols]),
                    (longest, longest + 1))


def addition(samples: int, digits: int, backwards: bool, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers to be added, and their sum, in digits."""
    rng = np.random.default_rng(seed)
    found = {(10**digits - 1, 10**digits - 1): None}  # the longest sum there is
    while len(found) < samples:
        lengths = rng.integers(1, digits + 1, (samples, 2))  # as many short numbers as long ones
        for pair in rng.integers(0, 10**lengths):
            found[int(pair[0]), int(pair[1])] = None
    pairs = list(found)[:samples]
    sums = [str(left + right)[::-1 if backwards else 1] for left, right in pairs]
    return answered([f"{left}+{right}=" for left, right in pairs], sums, (*SPECIAL, *DIGITS, "+", "="),
                    (2 * digits + 2, digits + 2))


def parity(samples: int, length: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of 0 and 1, and whether they hold an even or an odd number of ones."""
    numbers = np.random.default_rng(seed).permutation(2**length)[:samples]
    bits = numbers[:, None] >> np.arange(length) & 1
    return bits, bits.sum(1) % 2


def nested(length: int, rng: np.random.Generator) -> list[int]:
    """Brackets of two kinds that close in the right order, drawn step by step."""
    row: list[int] = []
    opened: list[int] = []
    opens, kinds = rng.random(length) < 0.5, rng.integers(0, 2, length)
    for place in range(length):
        if not opened or (opens[place] and len(opened) < length - place):
            opened.append(int(kinds[place]))
            row.append(1 + 2 * opened[-1])
        else:
            row.append(2 + 2 * opened.pop())
    return row


def broken(row: list[int], rng: np.random.Generator) -> list[int]:
    """The same brackets with one of them turned into another, which never closes in the right order."""
    place = int(rng.integers(len(row)))
    others = [bracket for bracket in range(1, 5) if bracket != row[place]]
    return [*row[:place], int(rng.choice(others)), *row[place + 1:]]


def brackets(samples: int, pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of brackets; 1: every one is closed in the right order, 0: one of them is wrong."""
    rng = np.random.default_rng(seed)
    found: tuple[dict[tuple[int, ...], None], ...] = {}, {}
    turn = 0
    while len(found[0]) + len(found[1]) < samples:
        balanced = int(len(found[0]) > len(found[1]))
        row = nested(2 * (pairs - turn % (pairs // 2 + 1)), rng)
        found[balanced][tuple(row if balanced else broken(row, rng))] = None
        turn += 1
    rows = np.zeros((samples, 2 * pairs), np.int64)
    for place, row in enumerate([*found[0], *found[1]]):
        rows[place, :len(row)] = row
    return rows, np.repeat([0, 1], [len(found[0]), len(found[1])])


def modular_addition(modulus: int, operation: str) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of numbers below the modulus around the sign, and what is left of the result."""
    left, right = np.divmod(np.arange(modulus**2), modulus)
    results = {"add": left + right, "subtract": left - right, "multiply": left * right}
    return np.stack([left, np.full_like(left, modulus), right], axis=1), results[operation] % modulus


class _Letters(Answers):
    """Strings of letters to be said in another order."""

    group: ClassVar[str] = "algorithms"
    function: ClassVar[Any]

    longest: int = whole(10, 6, 24, "The longest string; the shortest is just over half as long.",
                         unit="letters")
    symbols: int = whole(10, 10, 26, "How many different letters there are.", unit="letters")

    @property
    def words(self) -> tuple[str, ...]:
        return (*SPECIAL, *LETTERS[:self.symbols])

    @property
    def lengths(self) -> tuple[int, int]:
        return self.longest, self.longest + 1

    def recipe(self) -> Recipe:
        return Recipe(type(self).function, {"samples": self.samples, "longest": self.longest,
                                            "symbols": self.symbols, "seed": self.seed})


class Copy(_Letters):
    """Strings of letters to be said again as they are. The first thing to ask of memory."""

    kind: Literal["copy"] = "copy"
    title: ClassVar[str] = "Copy"
    answer: ClassVar[str] = "copy"
    function: ClassVar[Any] = staticmethod(copy)


class Reverse(_Letters):
    """Strings of letters to be said backwards: watch attention run against the order of reading."""

    kind: Literal["reverse"] = "reverse"
    title: ClassVar[str] = "Reverse"
    answer: ClassVar[str] = "reversed string"
    function: ClassVar[Any] = staticmethod(reverse)


class Sort(_Letters):
    """Strings of letters to be sorted by the alphabet. Needs a look at all of them at once."""

    kind: Literal["sort"] = "sort"
    title: ClassVar[str] = "Sort"
    answer: ClassVar[str] = "sorted letters"
    function: ClassVar[Any] = staticmethod(sort)


class Addition(Answers):
    """Two numbers to be added digit by digit, as in 12+345= 357. Carrying is what makes it hard."""

    kind: Literal["addition"] = "addition"
    title: ClassVar[str] = "Addition"
    group: ClassVar[str] = "algorithms"
    answer: ClassVar[str] = "sum"
    samples: int = whole(10000, 100, 20000, "How many sums, all different. With two digits at most 5 000.",
                         unit="sums", step=100)
    digits: int = whole(3, 2, 6, "The most digits a number has.", unit="digits")
    backwards: bool = switch(True, "Say the sum from its last digit, which is the order in which it is "
                                   "computed by hand.")

    @property
    def count(self) -> int:
        return min(self.samples, 10**(2 * self.digits) // 2)

    @property
    def words(self) -> tuple[str, ...]:
        return (*SPECIAL, *DIGITS, "+", "=")

    @property
    def lengths(self) -> tuple[int, int]:
        return 2 * self.digits + 2, self.digits + 2

    def recipe(self) -> Recipe:
        return Recipe(addition, {"samples": self.count, "digits": self.digits, "backwards": self.backwards,
                                 "seed": self.seed})


class Parity(Tokens):
    """Rows of 0 and 1: is the number of ones even or odd? One wrong bit makes the whole answer wrong."""

    kind: Literal["parity"] = "parity"
    title: ClassVar[str] = "Parity"
    group: ClassVar[str] = "algorithms"
    samples: int = whole(4000, 100, 20000, "How many rows, all different. There are 2 to the power of the "
                                           "length, no more.", unit="rows", step=100)
    length: int = whole(12, 8, 20, "Bits in a row.", unit="bits")

    @property
    def count(self) -> int:
        return min(self.samples, 2**self.length)

    @property
    def words(self) -> tuple[str, ...]:
        return "0", "1"

    @property
    def steps(self) -> int:
        return self.length

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=2, classes=("even", "odd"), target="parity")

    def recipe(self) -> Recipe:
        return Recipe(parity, {"samples": self.count, "length": self.length, "seed": self.seed})


class Brackets(Tokens):
    """Rows of ( ) [ ]: does every bracket close in the right order? In half of the rows one is wrong."""

    kind: Literal["brackets"] = "brackets"
    title: ClassVar[str] = "Brackets"
    group: ClassVar[str] = "algorithms"
    samples: int = whole(5000, 100, 20000, "How many rows, all different.", unit="rows", step=100)
    pairs: int = whole(8, 7, 20, "Pairs of brackets in the longest row; the shortest is half as long.",
                       unit="pairs")

    @property
    def count(self) -> int:
        return self.samples

    @property
    def words(self) -> tuple[str, ...]:
        return BRACKETS

    @property
    def steps(self) -> int:
        return 2 * self.pairs

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=2, classes=("wrong", "balanced"), target="brackets")

    def recipe(self) -> Recipe:
        return Recipe(brackets, {"samples": self.samples, "pairs": self.pairs, "seed": self.seed})


class ModularAddition(Tokens):
    """Every sum of two numbers on a clock of 59 hours, 40 % of them shown.

    Long after a network knows those by heart it suddenly understands the rest: grokking (Power et al., 2022).
    """

    kind: Literal["modular_addition"] = "modular_addition"
    title: ClassVar[str] = "Modular addition"
    group: ClassVar[str] = "algorithms"
    modulus: int = whole(59, 11, 113, "Hours on the clock: results start again from 0 here.")
    operation: Literal["add", "subtract", "multiply"] = choice(
        "add", "What is done with the two numbers.",
        titles={"add": "a + b", "subtract": "a − b", "multiply": "a × b"})
    validation_fraction: float = real(
        0.1, 0.05, 0.6, "Share of the pairs kept aside to judge the network while it trains.", step=0.05,
        title="Validation share", late=True)
    test_fraction: float = real(
        0.5, 0.05, 0.6, "Share of the pairs kept aside for one honest judgement at the end.", step=0.05,
        title="Test share", late=True)

    @property
    def count(self) -> int:
        return self.modulus**2

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.task.classes, OPERATIONS[self.operation])

    @property
    def steps(self) -> int:
        return 3

    @property
    def task(self) -> Task:
        return Task(kind="classification", outputs=self.modulus, target="result",
                    classes=tuple(str(number) for number in range(self.modulus)))

    def recipe(self) -> Recipe:
        return Recipe(modular_addition, {"modulus": self.modulus, "operation": self.operation})
