"""Network -> boxes, arrows, places and facts, as plain JSON. Draws nothing."""

from typing import Any

from core.catalog.base import Layer
from core.catalog.fields import Setting, settings
from core.experiment.check import INPUT, Walk, steps_per_epoch, total_steps, walk
from core.experiment.model import Experiment, Node
from core.plain import Plain
from core.problems import Problem


def drawing(experiment: Experiment) -> dict[str, Any]:
    """Everything a canvas needs to draw the network, and everything a control bar needs to know."""
    walked = walk(experiment)
    blamed = {problem.where: problem for problem in reversed(walked.problems)}
    columns = _columns(experiment, walked)
    boxes = [_input_box(experiment, blamed.get("data"))] + [
        _box(node, walked, blamed.get(node.id), columns) for node in experiment.network.nodes]
    data = experiment.data
    return {
        "boxes": boxes, "edges": _edges(experiment, walked), "parameters": sum(walked.parameters.values()),
        "task": data.task.model_dump(), "picture": data.picture, "features": list(data.columns),
        "sizes": data.sizes()._asdict(), "steps_per_epoch": steps_per_epoch(experiment),
        "total_steps": total_steps(experiment), "ready": not walked.problems,
        "live": [{"setting": path, "value": value, **setting.model_dump()}
                 for path, setting, value in live_settings(experiment)],
        "problems": [problem.model_dump() for problem in walked.problems]}


def live_settings(experiment: Experiment) -> list[tuple[str, Setting, float]]:
    """Every setting that may be moved while a run trains: its path, the setting, its value now."""
    training = experiment.training
    parts: list[tuple[str, Plain]] = [("training.optimizer", training.optimizer),
                                      ("training.regularization", training.regularization)]
    parts += [(f"network.{node.id}", node.layer) for node in experiment.network.nodes]
    return [(f"{path}.{setting.name}", setting, getattr(entry, setting.name))
            for path, entry in parts for setting in settings(type(entry)) if setting.live]


def _columns(experiment: Experiment, walked: Walk) -> dict[str, int]:
    """How many boxes lie between the data and each node, along the longest way."""
    columns = {INPUT: 0}
    for node in experiment.network.nodes:
        columns[node.id] = 1 + max(columns.get(name, 0) for name in walked.inputs[node.id])
    return columns


def _input_box(experiment: Experiment, problem: Problem | None) -> dict[str, Any]:
    shape = experiment.data.shape
    return {"id": INPUT, "title": experiment.data.title, "kind": INPUT, "group": INPUT, "summary": f"{shape}",
            "shape": str(shape), "shape_named": shape.named(), "parameters": 0, "inputs": [], "column": 0,
            "row": 0,
            "problem": _said(problem)}


def _box(node: Node, walked: Walk, problem: Problem | None, columns: dict[str, int]) -> dict[str, Any]:
    shape = walked.shapes.get(node.id)
    return {"id": node.id, "title": node.layer.title, "kind": node.layer.kind, "group": node.layer.group,
            "summary": summary(node.layer), "shape": str(shape) if shape else "",
            "shape_named": shape.named() if shape else "", "parameters": walked.parameters.get(node.id),
            "inputs": list(walked.inputs[node.id]), "column": columns[node.id], "row": 0,
            "problem": _said(problem)}


def _said(problem: Problem | None) -> dict[str, str] | None:
    return {"what": problem.what, "fix": problem.fix} if problem else None


def _edges(experiment: Experiment, walked: Walk) -> list[dict[str, str]]:
    return [{"from": source, "to": node.id, "shape": str(walked.shapes.get(source, "")),
             "shape_named": walked.shapes[source].named() if source in walked.shapes else ""}
            for node in experiment.network.nodes for source in walked.inputs[node.id]
            if source == INPUT or source in walked.inputs]


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
