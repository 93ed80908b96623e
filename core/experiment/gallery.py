"""The gallery: every template with its group, its size and a small picture of its network, as plain JSON."""

from functools import cache
from typing import Any

from core.experiment import diagram, templates


@cache
def gallery() -> tuple[dict[str, Any], ...]:
    """A card for every template, in the order of the menu. Drawn once: templates do not change by themselves.

    `picture` holds boxes as [column, row, family] and wires as [box, box, cells they run through].
    """
    return tuple(_card(templates.template(name)) for name in templates.names())


def _card(ready: templates.Template) -> dict[str, Any]:
    data, drawn = ready.experiment.data, diagram.drawing(ready.experiment)
    return {**ready.model_dump(exclude={"experiment"}), "group": data.group, "data": data.title,
            "parameters": drawn["parameters"], "picture": _picture(drawn)}


def _picture(drawn: dict[str, Any]) -> dict[str, Any]:
    places = {box["id"]: place for place, box in enumerate(drawn["boxes"])}
    wires = {(places[edge["from"]], places[edge["to"]]): edge["via"] for edge in drawn["edges"]}
    return {"columns": drawn["columns"], "rows": drawn["rows"],
            "boxes": [[box["column"], box["row"], box["group"]] for box in drawn["boxes"]],
            "edges": [[*ends, via] for ends, via in wires.items()]}
