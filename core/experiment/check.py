"""Walks a network: the shape after every node, its parameter count, and every problem, in microseconds."""

from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from core.catalog.base import Dataset, Layer, Task
from core.experiment.explain import MOST, short
from core.experiment.mend import LAST, mended, tokens
from core.experiment.model import Experiment, Node
from core.problems import Problem, Problems, ShapeMismatch, closest
from core.shapes import Shape

INPUT = "input"
LARGEST_BYTES = 8 * 2**30
"""What training may need in memory before it is refused as a likely slip."""
PER_PARAMETER = 24
JUDGED_AT_ONCE = 1024


@dataclass(frozen=True)
class Walk:
    """What is known of a network without building it. Nodes after a problem get no shape and no blame."""

    layers: dict[str, Layer] = field(default_factory=lambda: {})
    """The layer as built for the task, by node id."""
    inputs: dict[str, tuple[str, ...]] = field(default_factory=lambda: {})
    """The ids each node reads from."""
    shapes: dict[str, Shape] = field(default_factory=lambda: {})
    parameters: dict[str, int] = field(default_factory=lambda: {})
    problems: list[Problem] = field(default_factory=lambda: [])

    def shapes_into(self, id: str) -> tuple[Shape, ...]:
        """The shapes a node reads, in order."""
        return tuple(self.shapes[name] for name in self.inputs[id])


def check(experiment: Experiment) -> Walk:
    """The walk of an experiment's network. Raises Problems when it, its data or its training has any."""
    walked = walk(experiment)
    if walked.problems:
        raise Problems(*walked.problems)
    return walked


def walk(experiment: Experiment) -> Walk:
    """Shapes, parameter counts and problems of the whole experiment; of many problems the first MOST."""
    walked = Walk(shapes=given(experiment.data))
    asked = _asked(experiment)
    before = INPUT
    for node in experiment.network.nodes:
        walked.inputs[node.id] = node.inputs or (before,)
        if len(walked.problems) < MOST:
            _place(node, walked, asked)
        before = node.id
    walked.problems.extend((*_ending(experiment, walked), *data_problems(experiment.data),
                            *_training(experiment, walked)))
    if not walked.problems:
        walked.problems.extend(_memory(experiment, walked))
    del walked.problems[MOST:]
    return walked


def given(data: Dataset) -> dict[str, Shape]:
    """What layers can read of a sample, by name: `input`, and `input.<field>` where it has parts."""
    return {INPUT: data.shape} | {f"{INPUT}.{name}": field.shape for name, field in data.fields.items()}


class _Asked(NamedTuple):
    """What every node is judged by."""

    ids: frozenset[str]
    task: Task
    outputs: int
    batch_size: int


def _asked(experiment: Experiment) -> _Asked:
    task = experiment.data.task
    return _Asked(frozenset(node.id for node in experiment.network.nodes), task,
                  experiment.training.loss.for_task(task).outputs(task), experiment.training.batch_size)


def _place(node: Node, walked: Walk, asked: _Asked) -> None:
    sources = walked.inputs[node.id]
    wrong = _wiring(node, walked, asked.ids)
    if wrong:
        walked.problems.append(wrong)
    elif all(name in walked.shapes for name in sources):
        layer = node.layer.for_task(asked.task, asked.outputs)
        walked.layers[node.id] = layer
        shapes = walked.shapes_into(node.id)
        try:
            _readable(layer, shapes)
            walked.shapes[node.id] = layer.output(*shapes)
        except ShapeMismatch as refused:
            edit = mended(node.id, layer, sources, shapes, refused.remedies)
            walked.problems.append(Problem(where=node.id, what=refused.what, fix=refused.fix, edit=edit))
            return
        walked.parameters[node.id] = layer.parameters(*shapes)
        if asked.batch_size < layer.smallest_batch(*shapes):
            walked.problems.append(Problem(
                where=node.id, what=f"{layer.title} cannot learn from one sample at a time.",
                fix="Raise the batch size to 2 or more, or delete this layer.",
                edit={"kind": "set", "path": "training.batch_size", "value": layer.smallest_batch(*shapes)}))


def _readable(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """Raises ShapeMismatch when a layer is given numbers of another sort than it reads."""
    for shape in shapes:
        if layer.reads == "float" and shape.dtype == "integer":
            raise ShapeMismatch(f"{layer.title} computes with numbers but gets {shape} tokens, which are "
                                "only names.", "Put Embedding before it.", *tokens())
        if layer.reads == "integer" and shape.dtype == "float":
            raise ShapeMismatch(f"{layer.title} reads tokens but gets {shape.named()}.",
                                "Let it read text data directly.")


def _wiring(node: Node, walked: Walk, ids: frozenset[str]) -> Problem | None:
    sources, (fewest, most) = walked.inputs[node.id], node.layer.arity
    if len(sources) < fewest or (most is not None and len(sources) > most):
        inputs = "input" if fewest == 1 else "inputs"
        too_many = len(sources) > fewest
        edit = {"kind": "unwire", "source": sources[-1], "target": node.id} if too_many else {
            "kind": "remove", "nodes": [node.id]}
        return Problem(where=node.id,
                       what=f"{node.layer.title} reads {fewest} {inputs} but gets {len(sources)}.",
                       fix="Remove an input." if too_many else "Add an input, or delete it.", edit=edit)
    for name in sources:
        if (name in walked.shapes and name not in ids) or (name in walked.inputs and name != node.id):
            continue
        if name in ids:
            return Problem(where=node.id,
                           what=f"It reads {name!r}, which comes only after it, so data would run in "
                           "a circle.", fix=f"Move {name!r} before it, or let it read an earlier node.")
        nearby = islice(reversed(walked.inputs), 1, 300)  # itself left out
        own = [name for name in walked.shapes if name not in ids]
        return Problem(where=node.id, what=f"It reads {short(name)}, which is not there.",
                       fix=closest(name, (*own, *nearby)))
    return None


def _ending(experiment: Experiment, walked: Walk) -> list[Problem]:
    nodes = experiment.network.nodes
    if not nodes:
        return [Problem(where=INPUT, what="The network has no layers.", fix="Add an Output layer.",
                        edit={"kind": "insert", "after": INPUT, "layer": LAST})]
    is_output = [type(node.layer).for_task is not Layer.for_task for node in nodes]
    problems = [Problem(where=node.id, what="An output layer stands before the end.",
                        fix="Delete it, or move it last.", edit={"kind": "remove", "nodes": [node.id]})
                for node, output in zip(nodes[:-1], is_output[:-1], strict=True) if output]
    if not is_output[-1]:
        problems.append(Problem(where=nodes[-1].id, what="The network has no output layer at its end.",
                                fix="Add an Output layer after it.",
                                edit={"kind": "insert", "after": nodes[-1].id, "layer": LAST}))
    read = {name for sources in walked.inputs.values() for name in sources}
    return problems + [Problem(where=node.id, what="No other layer reads it.",
                               fix="Delete it, or connect it.", edit={"kind": "remove", "nodes": [node.id]})
                       for node in nodes[:-1] if node.id not in read]


def data_problems(data: Dataset) -> list[Problem]:
    """What stands against splitting a data set as it asks."""
    sizes = data.sizes()
    needed = max(data.task.outputs, 2) if data.task.kind == "classification" else 2
    if data.validation_fraction + data.test_fraction > 0.9:
        shares = round(100 * (data.validation_fraction + data.test_fraction))
        return [Problem(where="data.test_fraction",
                        what=f"Validation and test together take {shares} % of the "
                        "samples.", fix="Leave at least 10 % for training.")]
    return [Problem(where="data",
                    what=f"The {split} split holds {size} samples, too few for {needed} classes."
                    if data.task.kind == "classification"
                    else f"The {split} split holds {size} samples, too few to learn from.",
                    fix=f"Raise the {split} share, or the number of samples.")
            for split, size in sizes._asdict().items() if size < needed]


def _training(experiment: Experiment, walked: Walk) -> list[Problem]:
    training, task = experiment.training, experiment.data.task
    problems: list[Problem] = []
    if task.kind not in training.loss.tasks:
        told = task.kind.replace("_", " ")
        problems.append(Problem(where="training.loss", what=f"{training.loss.title} is not for {told}.",
                                fix="Choose Automatic.",
                                edit={"kind": "choose", "path": "training.loss", "entry": "auto"}))
    learning = [node for node in experiment.network.nodes if walked.parameters.get(node.id)]
    if learning and all(node.frozen for node in learning):
        problems.append(Problem(where=learning[-1].id,
                                what="Every layer that learns is frozen, so nothing can be learned.",
                                fix="Unfreeze one, this one for instance.",
                                edit={"kind": "freeze", "nodes": [learning[-1].id], "frozen": False}))
    if training.schedule.needs_end and training.epochs is None:
        problems.append(Problem(where="training.schedule",
                                what=f"{training.schedule.title} needs to know where the "
                                "run ends, but epochs is empty.", fix="Set epochs, or choose Constant.",
                                edit={"kind": "choose", "path": "training.schedule", "entry": "constant"}))
    return problems


def _memory(experiment: Experiment, walked: Walk) -> list[Problem]:
    """What a run holds in float32, against LARGEST_BYTES.

    Per parameter: weight, gradient, two moments, two finite copies. Per sample of a batch: every activation
    and its gradient. Judging and looking take thousands of samples at once, but only two nodes at a time.
    """
    held = PER_PARAMETER * sum(walked.parameters.values())
    held += 8 * JUDGED_AT_ONCE * max(shape.count for shape in walked.shapes.values())
    batch = min(experiment.training.batch_size, experiment.data.sizes().train)
    flowing = 8 * batch * sum(shape.count for shape in walked.shapes.values())
    if held + flowing <= LARGEST_BYTES:
        return []
    heaviest = max(walked.parameters,
                   key=lambda id: PER_PARAMETER * walked.parameters[id] + 8 * batch * walked.shapes[id].count)
    return [Problem(where=heaviest,
                    what=f"Training would need about {(held + flowing) / 2**30:.0f} GiB of memory; "
                    f"at most {LARGEST_BYTES // 2**30} GiB are allowed.",
                    fix="Make this layer smaller, or lower the batch size.")]


def steps_per_epoch(experiment: Experiment, samples: int | None = None) -> int:
    """Updates in one pass over so many training samples, by default over the train split.

    A last batch of one sample is left out: batch normalisation cannot use it.
    """
    train, batch = samples or experiment.data.sizes().train, experiment.training.batch_size
    return max(train // batch + (train % batch > 1), 1)


def total_steps(experiment: Experiment, samples: int | None = None) -> int | None:
    """Updates of the whole run over so many training samples; None when it has no end."""
    epochs = experiment.training.epochs
    return None if epochs is None else epochs * steps_per_epoch(experiment, samples)
