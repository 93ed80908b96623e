"""Sentences made by a small grammar, in English and in French."""

from typing import ClassVar, Literal

import numpy as np

from core.catalog.base import Recipe
from core.catalog.datasets.tokens import SPECIAL, Answers, answered
from core.catalog.fields import whole

NOUNS = (  # English one and many, French one and many, gender; the first BEINGS of them can do something
    ("cat", "cats", "chat", "chats", "m"), ("dog", "dogs", "chien", "chiens", "m"),
    ("horse", "horses", "cheval", "chevaux", "m"), ("bird", "birds", "oiseau", "oiseaux", "m"),
    ("uncle", "uncles", "oncle", "oncles", "m"),
    ("boy", "boys", "garçon", "garçons", "m"), ("man", "men", "homme", "hommes", "m"),
    ("friend", "friends", "ami", "amis", "m"), ("king", "kings", "roi", "rois", "m"),
    ("girl", "girls", "fille", "filles", "f"), ("woman", "women", "femme", "femmes", "f"),
    ("cow", "cows", "vache", "vaches", "f"), ("queen", "queens", "reine", "reines", "f"),
    ("mouse", "mice", "souris", "souris", "f"), ("sister", "sisters", "sœur", "sœurs", "f"),
    ("apple", "apples", "pomme", "pommes", "f"),
    ("tree", "trees", "arbre", "arbres", "m"), ("book", "books", "livre", "livres", "m"),
    ("boat", "boats", "bateau", "bateaux", "m"), ("garden", "gardens", "jardin", "jardins", "m"),
    ("house", "houses", "maison", "maisons", "f"), ("car", "cars", "voiture", "voitures", "f"),
    ("school", "schools", "école", "écoles", "f"), ("star", "stars", "étoile", "étoiles", "f"),
    ("key", "keys", "clé", "clés", "f"), ("church", "churches", "église", "églises", "f"))
BEINGS = 15
BEFORE = (  # adjectives that French says before the noun: he, she, they (he), they (she)
    ("small", "petit", "petite", "petits", "petites"), ("big", "grand", "grande", "grands", "grandes"),
    ("pretty", "joli", "jolie", "jolis", "jolies"), ("bad", "mauvais", "mauvaise", "mauvais", "mauvaises"))
AFTER = (  # and those it says behind it
    ("black", "noir", "noire", "noirs", "noires"), ("white", "blanc", "blanche", "blancs", "blanches"),
    ("green", "vert", "verte", "verts", "vertes"), ("grey", "gris", "grise", "gris", "grises"),
    ("red", "rouge", "rouge", "rouges", "rouges"), ("blue", "bleu", "bleue", "bleus", "bleues"))
VERBS = (
    ("sees", "see", "voit", "voient"), ("seeks", "seek", "cherche", "cherchent"),
    ("finds", "find", "trouve", "trouvent"), ("loves", "love", "aime", "aiment"),
    ("draws", "draw", "dessine", "dessinent"), ("knows", "know", "connaît", "connaissent"),
    ("watches", "watch", "regarde", "regardent"), ("hears", "hear", "entend", "entendent"),
    ("follows", "follow", "suit", "suivent"), ("admires", "admire", "admire", "admirent"))
PRONOUNS = (("me", "me"), ("you", "te"), ("him", "le"), ("her", "la"), ("us", "nous"), ("them", "les"))
WHEN = (("", ""), ("", ""), ("today", "aujourd'hui"), ("here", "ici"), ("every day", "chaque jour"))
ARTICLES = (  # English: one, before a vowel, many; French: he, she, he and she before a vowel, they
    (("the", "the", "the"), ("le", "la", "l'", "l'", "les")),
    (("this", "this", "these"), ("ce", "cette", "cet", "cette", "ces")),
    (("my", "my", "my"), ("mon", "ma", "mon", "mon", "mes")),
    (("a", "an", "some"), ("un", "une", "un", "une", "des")))
SHORT = {"me": "m'", "te": "t'", "le": "l'", "la": "l'", "ne": "n'"}
VOWELS = "aeiouéh"
PAIR_WORDS = (*SPECIAL, *sorted({
    ".", "do", "does", "not", "de", "pas", *SHORT, *SHORT.values(),
    *(word for noun in NOUNS for word in noun[:4]),
    *(word for table in (BEFORE, AFTER, VERBS) for row in table for word in row),
    *(word for table in (PRONOUNS, WHEN) for row in table for said in row for word in said.split()),
    *(word for pair in ARTICLES for row in pair for word in row)}))


def drawn(rng: np.random.Generator, table: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """One row of a table."""
    return table[rng.integers(len(table))]


def named(rng: np.random.Generator, nouns: int, articles: int, many: bool) -> tuple[list[str], list[str]]:
    """A noun behind an article, half of them with an adjective, in English and in French."""
    noun = NOUNS[rng.integers(nouns)]
    she, said = noun[4] == "f", noun[1 if many else 0]
    agreed = 1 + she + 2 * many
    where = rng.integers(4)
    before = [drawn(rng, BEFORE)] if where == 0 else []
    after = [drawn(rng, AFTER)] if where == 1 else []
    english = [*(row[0] for row in (*before, *after)), said]
    french = [*(row[agreed] for row in before), noun[2 + many], *(row[agreed] for row in after)]
    an, le = ARTICLES[rng.integers(articles)]
    if many:
        return [an[2], *english], ["de" if le[4] == "des" and before else le[4], *french]
    return ([an[english[0][0] in "aeiou"], *english],
            [le[she + 2 * (french[0][0] in VOWELS)], *french])


def sentence(rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Someone does something, or not, to someone or something; in English and in French."""
    many, no, pronoun = rng.random(3) < (0.5, 0.4, 0.3)
    (who, qui), verb, (when, quand) = named(rng, BEINGS, 4, bool(many)), drawn(rng, VERBS), drawn(rng, WHEN)
    does = [("do" if many else "does"), "not", verb[1]] if no else [verb[1 if many else 0]]
    fait = verb[3 if many else 2]
    if pronoun:
        whom, clitic = drawn(rng, PRONOUNS)
        object_, objet = [whom], []
        clitics = [SHORT.get(clitic, clitic) if fait[0] in VOWELS else clitic]
    else:  # "some" would become "de" behind a French "not": left out there
        object_, objet = named(rng, len(NOUNS), 3 if no else 4, bool(rng.random() < 0.5))
        clitics = []
    ne = [] if not no else [SHORT["ne"] if (*clitics, fait)[0][0] in VOWELS else "ne"]
    pas = ["pas"] if no else []
    return ([*who, *does, *object_, *when.split(), "."],
            [*qui, *ne, *clitics, fait, *pas, *objet, *quand.split(), "."])


def english_french(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Different sentences in English, and the same in French."""
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, ...], list[str]] = {}
    while len(found) < samples:
        english, french = sentence(rng)
        found[tuple(english)] = french
    return answered(list(found), list(found.values()), PAIR_WORDS, (12, 13))


class EnglishFrench(Answers):
    """English sentences to be said in French, by a small grammar whose sentences are all different.

    Articles, adjectives and verbs agree; adjectives, pronouns and "not" stand in another order.
    """

    kind: Literal["english_french"] = "english_french"
    title: ClassVar[str] = "English to French"
    group: ClassVar[str] = "text to text"
    answer: ClassVar[str] = "French"
    samples: int = whole(10000, 100, 20000, "How many sentences, all different.", unit="sentences", step=100)

    @property
    def words(self) -> tuple[str, ...]:
        return PAIR_WORDS

    @property
    def lengths(self) -> tuple[int, int]:
        return 12, 13

    def recipe(self) -> Recipe:
        return Recipe(english_french, {"samples": self.samples, "seed": self.seed})
