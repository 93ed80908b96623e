"""Experiment: what to learn from, with which network, trained how. Plain data, frozen, JSON both ways."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union

from pydantic import Field, ValidationError

from core.catalog.base import Dataset, Layer, Loss, Optimizer, Regularization, Schedule
from core.catalog.datasets import DATASETS
from core.catalog.datasets.points import Spiral
from core.catalog.fields import choice, log_real, whole
from core.catalog.layers import LAYERS
from core.catalog.layers.output import Output
from core.catalog.losses import LOSSES, Auto
from core.catalog.optimizers import OPTIMIZERS, AdamW
from core.catalog.regularizations import REGULARIZATIONS, NoRegularization
from core.catalog.schedules import SCHEDULES, Constant
from core.experiment.explain import explained, short
from core.experiment.upgrade import NOW, upgrade
from core.plain import Plain
from core.problems import Problem, Problems, closest

LARGEST_FILE = 5_000_000
MOST_NODES = 10_000
DEEPEST = 64

if TYPE_CHECKING:
    AnyDataset: TypeAlias = Dataset
    AnyLayer: TypeAlias = Layer
    AnyLoss: TypeAlias = Loss
    AnyOptimizer: TypeAlias = Optimizer
    AnySchedule: TypeAlias = Schedule
    AnyRegularization: TypeAlias = Regularization
else:
    def _any(entries: tuple[type, ...]) -> Any:
        return Annotated[Union[entries], Field(discriminator="kind")]  # noqa: UP007 - built from a tuple

    AnyDataset, AnyLayer, AnyLoss = _any(DATASETS), _any(LAYERS), _any(LOSSES)
    AnyOptimizer, AnySchedule, AnyRegularization = _any(OPTIMIZERS), _any(SCHEDULES), _any(REGULARIZATIONS)


class Node(Plain):
    """A layer placed in a network. No `inputs` means: reads the node before."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")
    layer: AnyLayer
    inputs: tuple[str, ...] = ()
    group: str = Field(default="", max_length=40)
    """The block of layers it is drawn in, which can be folded; empty for none."""
    frozen: bool = False
    """Whether its weights stay as they were drawn."""


class Network(Plain):
    """Nodes in order; an input names an earlier node, or `input` for the data."""

    nodes: tuple[Node, ...] = Field((), max_length=MOST_NODES)

    def node(self, id: str) -> Node:
        """The node of this id. Raises Problems when there is none."""
        for node in self.nodes:
            if node.id == id:
                return node
        raise Problems(Problem(where=id, what=f"There is no layer called {id!r}.",
                               fix=closest(id, [node.id for node in self.nodes])))


class Training(Plain):
    """How to train: what to minimise, by which rule, how long."""

    loss: AnyLoss = Auto()
    optimizer: AnyOptimizer = AdamW()
    schedule: AnySchedule = Constant()
    regularization: AnyRegularization = NoRegularization()
    batch_size: int = whole(32, 1, 8192, "Samples looked at before each update.", unit="samples")
    epochs: int | None = whole(100, 1, 1_000_000,
                               "Times the network sees every training sample.",
                               unit="epochs", empty="until stopped")
    clip: float | None = log_real(
        None, 0.001, 1000.0, "The largest length all gradients together may have before an update; longer "
        "ones are shortened to it, so that one bad batch cannot throw the weights far off.",
        title="Gradient clipping", empty="off", start=1.0)
    parts: int = whole(1, 1, 64, "Parts a batch is worked off in; their gradients are added up before the "
                       "update. The same update with less memory, but for layers that look at a whole batch.",
                       title="Gradient accumulation", unit="parts")
    patience: int | None = whole(
        None, 1, 100_000, "Ends the run when the validation loss has not improved for so many epochs.",
        title="Early stopping", unit="epochs", empty="off", start=10)
    margin: float = log_real(0.0, 0.0, 10.0, "How much lower a validation loss must be to count as better.",
                             title="Least improvement")
    average: int | None = whole(
        None, 2, 100_000, "Judges the run, and ends it, with the mean of its weights over about so many last "
        "steps, which wavers less than the weights themselves (an exponential moving average).",
        title="Weight averaging", unit="steps", empty="off", start=100)
    keep: Literal["last", "best"] = choice(
        "last", "Which weights the run ends with, is tested with, and gives away.", title="Weights to keep",
        titles={"last": "The last", "best": "Of the best validation loss"})
    minutes: float | None = log_real(
        None, 0.01, 100_000.0, "Ends the run after so long a time of training, pauses left out, and keeps "
        "what it has learned.", title="Time limit", unit="minutes", empty="off", start=10.0)
    memory: float | None = log_real(
        None, 0.1, 10_000.0, "Ends the run when its process takes more than this, before the machine "
        "runs out, and keeps what it has learned.", title="Memory limit", unit="GB", empty="off", start=4.0)
    disk: int = whole(256, 16, 100_000, "Room on the disk for the moments one can go back to: the larger, "
                      "the more are kept.", title="Room for moments", unit="MB")
    seed: int = whole(0, 0, 2**31 - 1, "Draws the first weights and the order of the samples. "
                      "The same seed gives the same run.")
    device: Literal["auto", "cpu", "cuda", "mps"] = choice(
        "auto", "Where to compute. Automatic takes the fastest one found by a short measurement.",
        titles={"auto": "Automatic", "cpu": "Processor", "cuda": "NVIDIA GPU", "mps": "Apple GPU"})
    threads: int | None = whole(None, 1, 256, "Processor threads. Automatic: found by a short measurement.",
                                unit="threads", empty="automatic")
    precision: Literal["float32", "bfloat16", "auto"] = choice(
        "float32", "What numbers the network computes with on its way forward and back. bfloat16 takes half "
        "the memory and is faster on devices made for it; weights, updates and judgements stay in float32.",
        titles={"float32": "Full (float32)", "bfloat16": "Mixed (bfloat16)",
                "auto": "Mixed when it is faster"})
    layout: Literal["auto", "plain", "channels_last"] = choice(
        "auto", "How pictures lie in memory for convolutions: row by row of each channel, or the channels of "
        "a pixel side by side. One may be faster; last digits differ, and where dropout strikes.",
        title="Layout of pictures",
        titles={"auto": "Automatic", "plain": "Plain", "channels_last": "Channels last"})
    turbo: Literal["auto", "off"] = choice(
        "off", "Compiles the steps of a run beside it, and uses them at full pace when they are measurably "
        "faster; small networks train ten times as fast. It needs a C++ compiler on the processor, and no "
        "L-BFGS; its last digits differ from those of a run without.",
        titles={"auto": "When it is faster", "off": "Off"})


class Experiment(Plain):
    """What was asked. Everything else is a function of it, or a record of running it."""

    schema_version: int = Field(NOW, ge=1, le=NOW)
    name: str = Field("untitled", min_length=1, max_length=120)
    data: AnyDataset = Spiral()
    network: Network = Network(nodes=(Node(id="out", layer=Output()),))
    training: Training = Training()


PARTS: dict[str, type[Plain]] = {"": Experiment, "network": Network, "nodes": Node, "training": Training}


def read(raw: Any) -> Experiment:
    """The experiment a JSON text or object holds, old versions upgraded.

    Raises Problems, one per fault, each naming the node or key and the way out.
    """
    document = _object(_parsed(raw) if isinstance(raw, str | bytes) else raw)
    if _deeper(document, DEEPEST):
        raise _refused(f"The experiment is nested deeper than {DEEPEST} levels.", "Check that this is an "
                       "experiment file.")
    try:
        experiment = Experiment.model_validate_json(json.dumps(upgrade(document),
                                                               ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise _refused("A text holds half a character.", "Write it anew.") from None
    except ValidationError as error:
        raise Problems(*explained(error, document, PARTS)) from None
    _refuse_repeated_ids(experiment.network)
    return experiment


def write(experiment: Experiment) -> dict[str, Any]:
    """The experiment as a JSON object; `read` gives back an equal one."""
    return experiment.model_dump(mode="json")


def _parsed(text: str | bytes) -> Any:
    if len(text) > LARGEST_FILE:
        raise _refused(f"The experiment is {len(text):,} bytes long; at most {LARGEST_FILE:,} are read.",
                       "Check that this is an experiment file.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(f"This is not JSON ({error}).", "Open an experiment file, as "
                       "`python -m core template two-spirals` prints one.") from None


def _object(document: Any) -> dict[str, Any]:
    if isinstance(document, dict):
        return document  # type: ignore[return-value]
    raise _refused(f"An experiment is a JSON object but this is {short(document)}.",
                   "Open an experiment file.")


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested deeper than `levels`."""
    here: list[Any] = [value]
    for _ in range(levels):
        here = [child for held in here if isinstance(held, dict | list)
                for child in (held.values() if isinstance(held, dict) else held)]
    return any(isinstance(held, dict | list) for held in here)


def _refused(what: str, fix: str) -> Problems:
    return Problems(Problem(where="experiment", what=what, fix=fix))


def _refuse_repeated_ids(network: Network) -> None:
    seen: set[str] = set()
    for node in network.nodes:
        if node.id in seen or node.id == "input":
            raise Problems(Problem(where=node.id,
                                   what=f"Two nodes are called {node.id!r}." if node.id in seen else
                                   "`input` is the name of the data.", fix="Give one of them another id."))
        seen.add(node.id)
