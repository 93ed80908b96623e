"""Random edits of random networks: none breaks, none leaves what cannot be read, all can be taken back."""

import json
import random
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time
from typing import Any

from benchmarks.figures import Figure
from core.catalog.layers import LAYERS
from core.experiment.check import INPUT, walk
from core.experiment.diagram import drawing
from core.experiment.edits import apply
from core.experiment.model import Experiment, read, write
from core.problems import Problems

EDITS, SEED = 10_000, 20261122
KINDS = [entry.name() for entry in LAYERS]
LARGEST = 120
"""Nodes above which a network is left for a new one."""
STEPS = 100
"""Steps that can be taken back."""
DATA = ("moons", "digits", "spiral")


@dataclass
class Tally:
    """What became of the edits that were tried."""

    tried: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    undone: int = 0
    redone: int = 0
    slowest: float = 0.0
    crashes: list[str] = field(default_factory=lambda: [])
    invalid: list[str] = field(default_factory=lambda: [])
    """Results that do not read back as what they are, or lost or moved the meaning of what was not edited."""
    lost: list[str] = field(default_factory=lambda: [])
    """Undone edits that did not give back exactly what was."""


def measure() -> Iterator[Figure]:
    """The figures of a long run."""
    told = tried(EDITS, SEED)
    of = f"of {told.tried:,} (seed {SEED})"
    became = f"{told.done.total():,} done, {told.refused.total():,} refused with the way out, " \
             f"{told.undone:,} undone, {told.redone:,} redone"
    yield Figure("random edits of random networks", f"{told.tried:,}: {became}", "", None)
    yield Figure("edits that break", f"{len(told.crashes)} {of}", "0", not told.crashes)
    yield Figure("edits that leave an invalid document", f"{len(told.invalid)} {of}", "0", not told.invalid)
    yield Figure("undos and redos that do not restore exactly", f"{len(told.lost)} of "
                 f"{told.undone + told.redone:,}", "0", not told.lost)
    yield from _speeds()
    yield Figure("slowest edit, read, drawn and checked", f"{1000 * told.slowest:.0f} ms", "", None)


def _speeds() -> Iterator[Figure]:
    """Of a residual network of 100 nodes, in processor time."""
    experiment = residual(33)
    for what, work, most in (("walk of 100 nodes", walk, 1.0), ("drawing of 100 nodes", drawing, 5.0)):
        each: list[float] = []
        for _ in range(200):
            began = process_time()
            work(experiment)
            each.append(1000 * (process_time() - began))
        yield Figure(what, f"median {median(each):.2f} ms (200 times)", f"≤ {most:g} ms",
                     median(each) <= most)


def residual(blocks: int) -> Experiment:
    """So many blocks of a convolution, a bend and a skip, on the digits: 3 nodes each, and one at the end."""
    nodes: list[dict[str, Any]] = []
    for number in range(blocks):
        last = nodes[-1]["id"] if nodes else INPUT
        settings = {"filters": 1} if not nodes else {"filters": 1, "activation": "none"}
        nodes += [{"id": f"conv{number}", "layer": {"kind": "conv2d", **settings}, "inputs": [last]},
                  {"id": f"bend{number}", "layer": {"kind": "relu"}},
                  {"id": f"join{number}", "layer": {"kind": "add"}, "inputs": [f"bend{number}", last]}]
    nodes[-1] = {"id": "flat", "layer": {"kind": "flatten"}}
    nodes.append({"id": "out", "layer": {"kind": "output"}})
    return read({"data": {"kind": "digits"}, "network": {"nodes": nodes}})


def tried(edits: int, seed: int) -> Tally:
    """Try so many edits; the same seed tries the same ones."""
    rng, told = random.Random(seed), Tally()
    while told.tried < edits:
        _session(rng, told, min(250, edits - told.tried))
    return told


def _session(rng: random.Random, told: Tally, edits: int) -> None:
    """Edit one network, with undo and redo, until it has grown too large."""
    now = first(rng)
    past: list[tuple[Experiment, str]] = []
    future: list[tuple[Experiment, str]] = []
    for _ in range(edits):
        told.tried += 1
        turn = rng.random()
        if turn < 0.15 and past:
            now, told.undone = _travel(now, past, future, told), told.undone + 1
        elif turn < 0.22 and future:
            now, told.redone = _travel(now, future, past, told), told.redone + 1
        else:
            after = _edited(rng, now, told)
            if after is not None:
                past.append((now, json.dumps(write(now))))
                del past[:-STEPS]
                now, future = after, []
        if len(now.network.nodes) > LARGEST:
            return


def _travel(now: Experiment, origin: list[Any], goal: list[Any], told: Tally) -> Experiment:
    """One step back, or forth: the experiment kept there must still be what it was when it was left."""
    goal.append((now, json.dumps(write(now))))
    then, text = origin.pop()
    if json.dumps(write(then)) != text or read(text) != then:
        told.lost.append(text)
    return then


def _edited(rng: random.Random, now: Experiment, told: Tally) -> Experiment | None:
    edit = asked(rng, now)
    began = perf_counter()
    try:
        after = apply(now, edit)
        json.dumps(drawing(after), allow_nan=False)
    except Problems as refused:
        told.refused[edit["kind"]] += 1
        told.invalid += [f"{edit}: {problem}" for problem in refused.problems
                         if not problem.fix or not problem.where]
        return None
    except Exception:  # what this looks for
        told.crashes.append(f"{edit} on {json.dumps(write(now))}\n{traceback.format_exc()}")
        return None
    told.slowest = max(told.slowest, perf_counter() - began)
    told.done[edit["kind"]] += 1
    told.invalid += [f"{edit} on {json.dumps(write(now)['network'])}: {wrong}"
                     for wrong in wrongs(now, after, edit)]
    return after


def wrongs(before: Experiment, after: Experiment, edit: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the outcome of an edit."""
    if read(json.dumps(write(after))) != after:
        yield "it does not read back"
    was, now = walk(before).inputs, walk(after).inputs
    placed = {id: place for place, id in enumerate(now)}
    for id, sources in now.items():
        if any(name in placed and placed[name] >= placed[id] for name in sources):
            yield f"{id} reads what comes after it"
        if any(not name.startswith(INPUT) and name not in placed for name in sources):
            yield f"{id} reads what is not there"
    kept = {node.id: node.layer for node in before.network.nodes}
    if any(node.id in kept and kept[node.id] != node.layer for node in after.network.nodes):
        yield "a layer changed"
    yield from (f"{id} reads {now[id]} instead of {was[id]}" for id in _untouched(edit, was, now)
                if now[id] != was[id])


def _untouched(edit: dict[str, Any], was: dict[str, Any], now: dict[str, Any]) -> set[str]:
    """Nodes that must read what they read: those no wire of which ends at something the edit is about."""
    about = {name for key in ("after", "before", "node", "target") if isinstance(name := edit.get(key), str)}
    about |= {name for name in edit.get("nodes", ()) if isinstance(name, str)}
    if edit["kind"] in ("group", "ungroup", "freeze"):
        about = set()
    gone = set(was) - set(now)
    if edit["kind"] == "repeat":
        about = set(was)
    if edit["kind"] == "wire":
        about = {edit["target"]}
        return (set(was) & set(now)) - about
    return {id for id in set(was) & set(now)
            if id not in about and about.isdisjoint(was[id]) and gone.isdisjoint(was[id])}


def first(rng: random.Random) -> Experiment:
    """A random network: a chain with some layers, and some skips."""
    nodes: list[dict[str, Any]] = []
    for number in range(rng.randrange(2, 12)):
        kind = rng.choice(("linear", "relu", "linear", "tanh", "dropout", "add", "flatten", "conv2d"))
        before = nodes[-1]["id"] if nodes else INPUT
        ids = [INPUT, *(node["id"] for node in nodes)]
        explicit = [before, rng.choice(ids)] if kind == "add" else rng.choice(([], [before]))
        nodes.append({"id": f"n{number}", "layer": {"kind": kind}, "inputs": explicit})
    nodes.append({"id": "out", "layer": {"kind": "output"}})
    return read({"data": {"kind": rng.choice(DATA)}, "network": {"nodes": nodes}})


def asked(rng: random.Random, now: Experiment) -> dict[str, Any]:
    """A random edit of things that are there, and now and then of things that are not."""
    inputs = walk(now).inputs
    ids = [*inputs] or ["nobody"]
    any_id, source = rng.choice(ids), rng.choice([INPUT, *ids])
    wire = rng.choice([(name, id) for id, names in inputs.items() for name in names] or [(INPUT, "nobody")])
    some = rng.sample(ids, min(len(ids), rng.choice((1, 1, 2, 3, 5))))
    start = rng.randrange(len(ids))
    row = ids[start:start + rng.randrange(1, 5)]
    blocks = sorted({node.group.split("#")[0] for node in now.network.nodes if node.group}) or ["nobody"]
    documents = {node["id"]: {**node, "inputs": list(inputs[node["id"]])}
                 for node in write(now)["network"]["nodes"]}
    on_wire = {"after": wire[0], "before": wire[1]} if rng.random() < 0.5 else {"after": source}
    if rng.random() < 0.03:
        any_id = source = "nobody"
    return rng.choice([
        {"kind": "insert", "layer": rng.choice(KINDS), **on_wire},
        {"kind": "insert", "layer": rng.choice(("add", "concatenate", "relu")), **on_wire},
        {"kind": "remove", "nodes": some}, {"kind": "remove", "nodes": row},
        {"kind": "move", "node": any_id, **on_wire},
        {"kind": "duplicate", "nodes": rng.choice((some, row))},
        {"kind": "paste", "nodes": [documents[id] for id in row if id in documents], **on_wire},
        {"kind": "wire", "source": source, "target": any_id},
        {"kind": "wire", "source": source, "target": wire[1], "instead": wire[0]},
        {"kind": "unwire", "source": wire[0], "target": wire[1]},
        {"kind": "group", "nodes": row, "name": rng.choice(("one", "two", "encoder"))},
        {"kind": "ungroup", "name": rng.choice(blocks)},
        {"kind": "repeat", "name": rng.choice(blocks), "times": rng.choice((0, 1, 2, 3, 6))},
        {"kind": "freeze", "nodes": some, "frozen": rng.random() < 0.5}])
