"""Real tables that come with scikit-learn and plotly."""

from typing import Any, ClassVar, Literal

import numpy as np

from core.catalog.base import Dataset, Picture, Recipe, Sizes, Task
from core.shapes import Shape, features

CONTINENTS = ("Africa", "Americas", "Asia", "Europe", "Oceania")
DAYS = ("Thur", "Fri", "Sat", "Sun")


def iris() -> tuple[np.ndarray, np.ndarray]:
    """150 flowers of three kinds, four lengths in centimetres each."""
    from sklearn.datasets import load_iris

    inputs, targets = load_iris(return_X_y=True)
    return np.asarray(inputs), np.asarray(targets)


def wine() -> tuple[np.ndarray, np.ndarray]:
    """178 wines from three growers, thirteen measurements each."""
    from sklearn.datasets import load_wine

    inputs, targets = load_wine(return_X_y=True)
    return np.asarray(inputs), np.asarray(targets)


def breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    """569 tumours, thirty measurements each; 0 is malignant, 1 benign."""
    from sklearn.datasets import load_breast_cancer

    inputs, targets = load_breast_cancer(return_X_y=True)
    return np.asarray(inputs), np.asarray(targets)


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """442 patients, ten measurements each; the target is how far the disease went in a year."""
    from sklearn.datasets import load_diabetes

    inputs, targets = load_diabetes(return_X_y=True, scaled=False)
    return np.asarray(inputs), np.asarray(targets)


def gapminder(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """142 countries in random order, twelve years each; the target is life expectancy in years."""
    from plotly.data import gapminder as table

    rows = table(return_type="pandas").sort_values(["country", "year"])
    continent = np.asarray(rows.continent)[:, None] == np.array(CONTINENTS)
    wealth, people = np.log10(np.asarray(rows.gdpPercap)), np.log10(np.asarray(rows["pop"]))
    inputs = np.column_stack([wealth, people, np.asarray(rows.year), continent])
    order = np.random.default_rng(seed).permutation(len(inputs) // 12)
    order = (12 * order[:, None] + np.arange(12)).reshape(-1)
    return inputs[order], np.asarray(rows.lifeExp)[order]


def tips() -> tuple[np.ndarray, np.ndarray]:
    """244 bills in one restaurant; the target is the tip in dollars."""
    from plotly.data import tips as table

    rows = table(return_type="pandas")
    words = {"sex": "Female", "smoker": "Yes", "time": "Dinner"}
    switches = [np.asarray(rows[column]) == word for column, word in words.items()]
    days = np.asarray(rows.day)[:, None] == np.array(DAYS)
    inputs = np.column_stack([np.asarray(rows.total_bill), np.asarray(rows["size"]), *switches, days])
    return inputs, np.asarray(rows.tip)


class Table(Dataset):
    """Rows of numbers, each column standardised with the mean and spread of the train split."""

    group: ClassVar[str] = "tables"
    picture: ClassVar[Picture] = "table"
    scaled: ClassVar[bool] = True
    function: ClassVar[Any]
    names: ClassVar[tuple[str, ...]]
    rows: ClassVar[int]
    answer: ClassVar[Task]

    @property
    def shape(self) -> Shape:
        return features(len(self.names))

    @property
    def count(self) -> int:
        return self.rows

    @property
    def task(self) -> Task:
        return self.answer

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names

    def recipe(self) -> Recipe:
        return Recipe(type(self).function, {})


class Iris(Table):
    """150 iris flowers measured in 1936 (Fisher): tell three kinds apart by four lengths."""

    kind: Literal["iris"] = "iris"
    title: ClassVar[str] = "Iris"
    function: ClassVar[Any] = staticmethod(iris)
    rows: ClassVar[int] = 150
    names: ClassVar[tuple[str, ...]] = (
        "sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    answer: ClassVar[Task] = Task(
        kind="classification", outputs=3, classes=("setosa", "versicolor", "virginica"),
        target="kind of iris")


class Wine(Table):
    """178 Italian wines: tell three growers apart by thirteen chemical measurements (UCI, 1991)."""

    kind: Literal["wine"] = "wine"
    title: ClassVar[str] = "Wine"
    function: ClassVar[Any] = staticmethod(wine)
    rows: ClassVar[int] = 178
    names: ClassVar[tuple[str, ...]] = (
        "alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids",
        "nonflavanoid phenols", "proanthocyanins", "color intensity", "hue", "od280/od315", "proline")
    answer: ClassVar[Task] = Task(
        kind="classification", outputs=3, classes=("grower 1", "grower 2", "grower 3"), target="grower")


class BreastCancer(Table):
    """569 tumours: malignant or benign, from thirty measurements of cell nuclei (Wisconsin, 1995)."""

    kind: Literal["breast_cancer"] = "breast_cancer"
    title: ClassVar[str] = "Breast cancer"
    function: ClassVar[Any] = staticmethod(breast_cancer)
    rows: ClassVar[int] = 569
    names: ClassVar[tuple[str, ...]] = tuple(
        f"{statistic} {measure}" for statistic in ("mean", "error of", "worst") for measure in (
            "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity",
            "concave points",
            "symmetry", "fractal dimension"))
    answer: ClassVar[Task] = Task(
        kind="classification", outputs=2, classes=("malignant", "benign"), target="diagnosis")


class Diabetes(Table):
    """442 patients: predict how far diabetes went in a year, from ten measurements (Efron et al., 2004)."""

    kind: Literal["diabetes"] = "diabetes"
    title: ClassVar[str] = "Diabetes"
    function: ClassVar[Any] = staticmethod(diabetes)
    rows: ClassVar[int] = 442
    names: ClassVar[tuple[str, ...]] = (
        "age (years)", "sex", "body mass index", "blood pressure (mm Hg)", "total cholesterol", "LDL", "HDL",
        "total / HDL", "log triglycerides", "blood sugar")
    answer: ClassVar[Task] = Task(kind="regression", outputs=1, target="progression (points)")


class Gapminder(Table):
    """142 countries every five years from 1952 to 2007: predict life expectancy from wealth and size."""

    kind: Literal["gapminder"] = "gapminder"
    title: ClassVar[str] = "Life expectancy (Gapminder)"
    ordered: ClassVar[bool] = True  # the recipe shuffles whole countries
    function: ClassVar[Any] = staticmethod(gapminder)
    rows: ClassVar[int] = 1704
    years: ClassVar[int] = 12
    names: ClassVar[tuple[str, ...]] = ("log10 GDP per person ($)", "log10 population", "year", *CONTINENTS)
    answer: ClassVar[Task] = Task(kind="regression", outputs=1, target="life expectancy (years)")

    def sizes(self) -> Sizes:
        """Whole countries, the twelve rows of each in one split: a country is known by its other years."""
        countries = self.count // self.years
        validation = self.years * round(countries * self.validation_fraction)
        test = self.years * round(countries * self.test_fraction)
        return self.kept_aside(validation, test)

    def recipe(self) -> Recipe:
        return Recipe(gapminder, {"seed": self.seed})


class Tips(Table):
    """244 tips in one restaurant (Bryant and Smith, 1995): few enough to ask whom a network serves worse."""

    kind: Literal["tips"] = "tips"
    title: ClassVar[str] = "Tips"
    function: ClassVar[Any] = staticmethod(tips)
    rows: ClassVar[int] = 244
    names: ClassVar[tuple[str, ...]] = ("bill ($)", "people", "woman pays", "smokers", "dinner", *DAYS)
    answer: ClassVar[Task] = Task(kind="regression", outputs=1, target="tip ($)")
