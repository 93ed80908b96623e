"""Network -> boxes, arrows, places and facts, as plain JSON. Draws nothing."""

from collections.abc import Collection
from typing import Any, NamedTuple

from core.catalog.base import Layer
from core.catalog.fields import Setting, settings
from core.experiment.blocks import Block, Flow, blocks, parted
from core.experiment.check import INPUT, Walk, given, steps_per_epoch, total_steps, walk
from core.experiment.cost import Cost, costs, guessed_seconds, total
from core.experiment.layout import Layout, laid_out
from core.experiment.model import Experiment, Node
from core.plain import Plain
from core.problems import Problem
from core.shapes import Shape

COURSE, ENDLESS = 45, 100
"""Points that the learning rate's course is drawn with, and the epochs drawn of a run without an end."""


class _Drawn(NamedTuple):
    """What is known of a network that is drawn."""

    experiment: Experiment
    walked: Walk
    blamed: dict[str, Problem]
    costs: dict[str, Cost]
    bytes: int
    """Of memory in all."""
    blocks: list[Block]
    shown: dict[str, str]
    """The box a node is drawn in: its own, or that of a folded block."""


def drawing(experiment: Experiment, folded: Collection[str] = ()) -> dict[str, Any]:
    """Everything a canvas needs to draw the network, and everything a control bar needs to know.

    folded: names of blocks to draw as one box each.
    """
    walked = walk(experiment)
    found, each = _found(walked, experiment), costs(experiment, walked)
    memory = total(experiment, each)
    drawn = _Drawn(experiment, walked, {problem.where: problem for problem in reversed(walked.problems)},
                   each, memory.total, found, _shown(walked, found, folded))
    data, complete = experiment.data, len(each) == len(experiment.network.nodes) > 0
    return {
        **_placed(drawn), "parameters": sum(walked.parameters.values()),
        "totals": {"parameters": sum(walked.parameters.values()),
                   "flops": sum(cost.flops for cost in each.values()),
                   "memory": {**memory._asdict(), "total": memory.total}, "complete": complete},
        "pace": {"seconds_per_epoch": guessed_seconds(experiment, each), "estimated": True}
        if complete else None,
        "task": data.task.model_dump(), "picture": data.picture, "features": list(data.columns),
        "sizes": data.sizes()._asdict(), "steps_per_epoch": steps_per_epoch(experiment),
        "total_steps": total_steps(experiment), "ready": not walked.problems,
        "rates": rates(experiment),
        "live": [{"setting": path, "value": value, **setting.model_dump()}
                 for path, setting, value in live_settings(experiment)],
        "problems": [problem.model_dump() for problem in walked.problems]}


def rates(experiment: Experiment) -> list[float]:
    """The learning rate at COURSE moments of the run, evenly spread, as long as no judgement changes it.

    A run without an end is drawn over ENDLESS epochs; a schedule that needs one, not at all without.
    """
    training, each = experiment.training, steps_per_epoch(experiment)
    if training.schedule.needs_end and training.epochs is None:
        return []
    last = total_steps(experiment) or ENDLESS * each
    curve = training.schedule.curve(each, total_steps(experiment))
    steps = [1 + (last - 1) * place // (COURSE - 1) for place in range(COURSE)]
    return [training.optimizer.learning_rate * curve.function(step, [], **curve.kwargs) for step in steps]


def live_settings(experiment: Experiment) -> list[tuple[str, Setting, float]]:
    """Every setting that may be moved while a run trains: its path, the setting, its value now."""
    training = experiment.training
    parts: list[tuple[str, Plain]] = [("training.optimizer", training.optimizer),
                                      ("training.regularization", training.regularization)]
    parts += [(f"network.{node.id}", node.layer) for node in experiment.network.nodes]
    return [(f"{path}.{setting.name}", setting, getattr(entry, setting.name))
            for path, entry in parts for setting in settings(type(entry)) if setting.live]


def _found(walked: Walk, experiment: Experiment) -> list[Block]:
    groups = {node.id: node.group for node in experiment.network.nodes}
    if not any(groups.values()):
        return []
    last = experiment.network.nodes[-1]
    ends = type(last.layer).for_task is not Layer.for_task
    return blocks(Flow(walked.inputs, groups, last.id if ends else None))


def _shown(walked: Walk, found: list[Block], folded: Collection[str]) -> dict[str, str]:
    inside = {id: f"#{block.name}" for block in found if block.name in folded and not block.whole.what
              for id in block.ids}
    return {INPUT: INPUT} | {id: inside.get(id, id) for id in walked.inputs}


def _placed(drawn: _Drawn) -> dict[str, Any]:
    """Boxes and edges with their places, and the blocks."""
    wires = _wires(drawn)
    reads: dict[str, list[str]] = {box: [] for box in drawn.shown.values()}
    for wire in wires:
        reads[wire["to"]].append(wire["from"])
    layout = laid_out(reads)
    blocks_by_box = {f"#{block.name}": block for block in drawn.blocks}
    nodes = {node.id: node for node in drawn.experiment.network.nodes}
    boxes = [_input_box(drawn) if box == INPUT else _box(nodes[box], drawn) if box in nodes
             else _block_box(blocks_by_box[box], nodes, drawn) for box in reads]
    for box in boxes:
        box["column"], box["row"] = layout.boxes[box["id"]]
    return {"boxes": boxes, "edges": [wire | {"via": _via(wire, layout)} for wire in wires],
            "columns": 1 + max(column for column, _ in layout.boxes.values()),
            "rows": 1 + max(row for cells in (layout.boxes.values(), *layout.via.values())
                            for _, row in cells),
            "blocks": [_said_block(block, nodes, drawn) for block in drawn.blocks]}


def _via(wire: dict[str, str], layout: Layout) -> list[list[int]]:
    return [list(cell) for cell in layout.via.get((wire["from"], wire["to"]), ())]


def _wires(drawn: _Drawn) -> list[dict[str, str]]:
    """Every wire between two boxes, of a box once for each node it really comes from and goes to."""
    known = given(drawn.experiment.data)
    made: list[dict[str, str]] = []
    for target, sources in drawn.walked.inputs.items():
        for source in sources:
            origin = INPUT if source in known else drawn.shown.get(source)
            if origin is None or origin == drawn.shown[target] != source:
                continue
            shape = drawn.walked.shapes.get(source)
            made.append({"from": origin, "to": drawn.shown[target], "source": source, "target": target,
                         **_shape(shape)})
    return made


def _shape(shape: Shape | None) -> dict[str, str]:
    return {"shape": str(shape) if shape else "", "shape_named": shape.named() if shape else ""}


def _input_box(drawn: _Drawn) -> dict[str, Any]:
    data, shape = drawn.experiment.data, drawn.experiment.data.shape
    return {"id": INPUT, "title": data.title, "kind": INPUT, "group": INPUT, "summary": f"{shape}",
            **_shape(shape), "parameters": 0, "flops": 0, "memory": 0, "memory_share": 0.0, "inputs": [],
            "block": "", "copy": 0, "frozen": False, "arity": [0, 0],
            "fields": [{"name": name, **_shape(found)} for name, found in given(data).items()
                       if name != INPUT],
            "problem": _said(drawn.blamed.get("data"))}


def _box(node: Node, drawn: _Drawn) -> dict[str, Any]:
    name, copy = parted(node.group)
    return {"id": node.id, "title": node.layer.title, "kind": node.layer.kind, "group": node.layer.group,
            "summary": summary(node.layer), **_shape(drawn.walked.shapes.get(node.id)),
            "parameters": drawn.walked.parameters.get(node.id), **_cost([node.id], drawn),
            "inputs": list(drawn.walked.inputs[node.id]), "block": name, "copy": copy,
            "frozen": node.frozen, "arity": list(node.layer.arity),
            "problem": _said(drawn.blamed.get(node.id))}


def _block_box(block: Block, nodes: dict[str, Node], drawn: _Drawn) -> dict[str, Any]:
    """A folded block as one box."""
    known = [drawn.walked.parameters.get(id) for id in block.ids]
    problem = next((drawn.blamed[id] for id in block.ids if id in drawn.blamed), None)
    return {"id": f"#{block.name}", "title": block.name, "kind": "block", "group": "block",
            "summary": " · ".join(nodes[id].layer.title for id in block.copies[0]),
            **_shape(drawn.walked.shapes.get(block.whole.exit)), **_cost(block.ids, drawn),
            "parameters": None if None in known else sum(count for count in known if count is not None),
            "inputs": [block.whole.entry], "block": block.name, "copy": 0, "times": len(block.copies),
            "alike": _alike(block, nodes), "nodes": block.ids,
            "frozen": all(nodes[id].frozen for id in block.ids), "arity": [1, 1], "problem": _said(problem)}


def _cost(ids: list[str], drawn: _Drawn) -> dict[str, Any]:
    if any(id not in drawn.costs for id in ids):
        return {"flops": None, "memory": None, "memory_share": None}
    memory = sum(drawn.costs[id].memory.total for id in ids)
    return {"flops": sum(drawn.costs[id].flops for id in ids), "memory": memory,
            "memory_share": memory / drawn.bytes}


def _said_block(block: Block, nodes: dict[str, Node], drawn: _Drawn) -> dict[str, Any]:
    return {"name": block.name, "times": len(block.copies), "nodes": block.ids,
            "alike": _alike(block, nodes), "folded": drawn.shown[block.ids[0]] != block.ids[0],
            "why": block.whole.what}


def _alike(block: Block, nodes: dict[str, Node]) -> bool:
    """Whether all copies have the same layers with the same settings."""
    first = [nodes[id].layer for id in block.copies[0]]
    return all([nodes[id].layer for id in copy] == first for copy in block.copies)


def _said(problem: Problem | None) -> dict[str, Any] | None:
    return problem.model_dump(exclude={"where"}) if problem else None


def summary(layer: Layer) -> str:
    """The layer's settings in a few words: the first, what is not at its default, and every choice but one
    that leaves it to torch."""
    shown = [setting for place, setting in enumerate(settings(type(layer)))
             if place == 0 or getattr(layer, setting.name) != setting.default
             or (setting.form == "choice" and setting.default != "default")]
    return " · ".join(_word(setting, getattr(layer, setting.name)) for setting in shown)


def _word(setting: Setting, value: Any) -> str:
    """A value in words: "32 neurons" where the setting counts something, else "kernel 5"."""
    title = setting.title.lower()
    if value == "none" or value is False:
        return f"no {title}"
    if value is True:
        return title
    for choice in setting.choices:
        if choice.value == value:
            return choice.title
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if title != setting.unit:
        return f"{title} {text}"
    return f"{text} {title.removesuffix('s') if value == 1 else title}"
