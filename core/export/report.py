"""A run as one page that stands alone: what was asked, how it went, what came of it; its curves read back."""

import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.charts import compare, loss, page, theme
from core.charts.compare import CompareData, Curve
from core.charts.page import Looks
from core.charts.theme import Mode
from core.events import Ended, Point, Started
from core.experiment.check import walk
from core.experiment.model import Experiment, Training
from core.export.metrics import compared
from core.export.place import put
from core.export.report_page import Dot, Row, figure, grid, html, pairs, section, table, tiles
from core.export.subject import Proof, Subject
from core.records import Series


def export(subject: Subject, path: Path) -> Proof:
    """Write the report to `path`, read its curves back, and compare. Raises Problems."""
    figures = _figures(_series(subject.points))
    put(path, html(_title(subject), _line(subject), _sections(subject, figures), page.scripts(figures)))
    told = tuple((name, step, value if math.isfinite(value) else math.nan)
                 for name, step, value in subject.points)
    found = _read(path.read_text(encoding="utf-8"))
    return compared("report", path, tuple(sorted(told, key=_order)), sorted(found, key=_order))


def _order(point: Point) -> tuple[str, int]:
    return point[0], point[1]


def _title(subject: Subject) -> str:
    return subject.run.name if subject.run else subject.experiment.name


def _line(subject: Subject) -> str:
    """Run, state, time and date, in one line."""
    run = subject.run
    if run is None:
        return "A run"
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started or run.created))
    reason = f" · {run.reason}" if run.reason else ""
    return f"Run {run.id} · {run.state.value} · {run.seconds:.1f} s of training · {day}{reason}"


def _sections(subject: Subject, figures: dict[str, Looks]) -> list[str]:
    started = next((event for event in subject.events if isinstance(event, Started)), None)
    drawn = [figure(name, "Loss" if name == "loss" else compare.title(name)) for name in figures]
    return [
        _scores(subject, started),
        section("Curves", grid(drawn) if drawn else "<p>Nothing was recorded yet.</p>"),
        section("Data", pairs(_data(subject, started))),
        section("Network", _network(subject)),
        section("Training", pairs(_said(_resolved(subject.experiment)))),
        section("Changed while it trained", _changes(subject)),
        section("Environment", pairs(_environment(subject, started)))]


def _scores(subject: Subject, started: Started | None) -> str:
    ending = next((event for event in reversed(subject.events) if isinstance(event, Ended)), None)
    test: dict[str, float] = getattr(ending, "test", {})
    if not test:
        return section("Test scores", "<p>The network has not been judged on the test split: that is done "
                                      "once, when a run ends.</p>")
    samples = f"{started.samples['test']:,} samples the network never learned from" if started else ""
    shown = {compare.title(f"test_{name}").removeprefix("Test "): f"{value:.4g}"
             for name, value in test.items()}
    return section("Test scores", tiles({title[0].upper() + title[1:]: value
                                         for title, value in shown.items()}), note=samples)


def _series(points: Iterable[Point]) -> dict[str, Series]:
    curves: dict[str, tuple[list[int], list[float]]] = {}
    for name, step, value in points:
        steps, values = curves.setdefault(name, ([], []))
        steps.append(step)
        values.append(value)
    return {name: Series(name=name, steps=tuple(steps), values=tuple(values))
            for name, (steps, values) in curves.items()}


def _figures(series: dict[str, Series]) -> dict[str, Looks]:
    """The losses in one figure, every other curve in one of its own."""
    if not series:
        return {}
    data = loss.loss_data(series.values())
    drawn = {"loss": Looks(loss.loss_figure(data, "light"), loss.loss_figure(data, "dark"))}
    for name, one in sorted(series.items(), key=lambda item: not item[0].startswith("validation_")):
        if name not in _IN_LOSS:
            drawn[name] = Looks(_single(one, "light"), _single(one, "dark"))
    return drawn


def _single(one: Series, mode: Mode) -> Any:
    """The figure of one curve, which its heading names."""
    drawn = compare.compare_figure(CompareData(one.name, (Curve(compare.title(one.name), one),)), mode)
    drawn.update_traces(line={"color": theme.palette()[mode]["validation"]})
    return drawn.update_layout(showlegend=False, height=200, margin={"t": 12}, yaxis={"title": None})


_IN_LOSS = {"train_loss": "Train", "validation_loss": "Validation"}


def _read(text: str) -> list[Point]:
    """The points of a page's curves. What is not a finite number has no place on a curve."""
    titles = {title: name for name, title in _IN_LOSS.items()}
    return [(titles[trace["name"]] if id == "loss" else id, step, math.nan if value is None else value)
            for id, told in page.read(text).items() for trace in told["data"]
            for step, value in zip(trace["x"], trace["y"], strict=True)]


def _data(subject: Subject, started: Started | None) -> list[Row]:
    data = subject.experiment.data
    sizes = started.samples if started else data.sizes()._asdict()
    rows: list[Row] = [("Data set", data.title), ("One sample", data.shape.named()),
                       ("To be predicted", data.task.target or data.task.kind.replace("_", " "))]
    if data.task.classes:
        rows.append(("Classes", ", ".join(data.task.classes)))
    rows += [(f"{split.capitalize()} samples", f"{count:,}") for split, count in sizes.items()]
    return rows + _said(data)


def _network(subject: Subject) -> str:
    walked = walk(subject.experiment)
    data = subject.experiment.data
    rows: list[tuple[Any, ...]] = [(Dot("input"), "input", data.title, "", data.shape.named(), "")]
    for id, layer in walked.layers.items():
        told = ", ".join(f"{name.lower()} {value}" for name, value in _said(layer))
        shape, count = walked.shapes.get(id), walked.parameters.get(id, 0)
        reads = f" ← {', '.join(walked.inputs[id])}" if len(walked.inputs[id]) > 1 else ""
        rows.append((Dot(layer.group), f"{id}{reads}", layer.title, told, shape.named() if shape else "",
                     f"{count:,}" if count else ""))
    total = sum(walked.parameters.values())
    return table(("", "Layer", "Kind", "Settings", "Shape after it", "Parameters"), rows,
                 f"{total:,} parameters in all")


def _resolved(experiment: Experiment) -> Training:
    """How it is trained, with the loss that an automatic choice comes to."""
    training = experiment.training
    return training.model_copy(update={"loss": training.loss.for_task(experiment.data.task)})


def _said(entry: Any) -> list[Row]:
    """Every setting of an entry with its value; a part that is an entry itself with its title first."""
    rows: list[Row] = []
    for name in type(entry).model_fields:
        value = getattr(entry, name)
        word = name.replace("_", " ").capitalize()
        if name == "kind":
            continue
        if hasattr(type(value), "model_fields"):
            inner = ", ".join(f"{one.lower()} {told}" for one, told in _said(value))
            rows.append((word, f"{value.title} ({inner})" if inner else value.title))
        else:
            rows.append((word, _word(value)))
    return rows


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(_word, value)) or "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    return "not set" if value is None else str(value)


def _changes(subject: Subject) -> str:
    rows = [(f"{step:,}", what, value) for step, what, value in compare.changes(subject.events)]
    if not rows:
        return "<p>Nothing: it ran as it was asked.</p>"
    return table(("After step", "What", "New value"), rows)


def _environment(subject: Subject, started: Started | None) -> list[Row]:
    if started is None:
        return []
    return [("Device", f"{started.device_name} ({started.device})"), ("Threads", f"{started.threads}"),
            ("Precision", started.precision), ("Layout of pictures", started.layout.replace("_", " ")),
            ("PyTorch", started.torch_version), ("Steps per epoch", f"{started.steps_per_epoch:,}"),
            ("Training seed", f"{subject.experiment.training.seed}"), ("Data, SHA-256", started.data_hash)]
