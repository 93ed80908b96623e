"""Protects what is seen of every data set, task and layer: sequences, attention, texts, forecasts."""

import json
from typing import Any

import numpy as np
import pytest
import torch

from core.catalog.all import DATASETS, LAYERS
from core.catalog.metrics import rmse
from core.engine.beginning import initial
from core.engine.data import split
from core.engine.probes import Probe
from core.engine.probes_layers import watching
from core.gaze import Gaze
from core.records import Snapshot
from tests.engine.runs import same, weights
from tests.experiment.fitting import experiment as small
from tests.experiment.fitting import for_data, for_layer

TYPED = Gaze(typed="10 (a) ☃", temperature=0.5, top_k=3, beams=2)


def seen(experiment, sample: int = 0) -> tuple[Probe, Snapshot]:
    probe = Probe(initial(experiment), split(experiment.data), experiment)
    return probe, probe.snapshot(5, 1, sample)


def wild(net) -> None:
    """Make everything the network gives no number at all."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(float("nan"))


@pytest.mark.parametrize("entry", [*DATASETS, *LAYERS], ids=lambda entry: entry.name())
def test_any_data_and_any_layer_can_be_looked_at_and_even_when_nothing_is_a_number(entry):
    experiment = for_data(entry) if entry in DATASETS else for_layer(entry)
    net = initial(experiment)
    probe = Probe(net, split(experiment.data), experiment, 3)
    before, state = weights(net), torch.get_rng_state()
    for gaze in (None, TYPED):
        shown = probe.snapshot(1, 1, 0, gaze)
        assert Snapshot.unpack(shown.pack()).facts == json.loads(json.dumps(shown.facts, allow_nan=False))
    assert same(before, weights(net))
    assert torch.equal(state, torch.get_rng_state())
    wild(net)
    for gaze in (None, TYPED):
        assert len(probe.snapshot(1, 1, 0, gaze).pack()) < 1_000_000


def nodes(*layers):
    """Nodes from ids, layers and, where they do not read the one before, inputs."""
    return [{"id": id, "layer": {"kind": kind} | more, "inputs": inputs} for id, kind, more, inputs in layers]


READS = small({"kind": "reverse", "samples": 300}, nodes(
    ("read", "embedding", {"features": 8}, ["input.source"]),
    ("encode", "transformer_encoder_layer", {"heads": 2}, []),
    ("write", "embedding", {"features": 8}, ["input.target"]),
    ("decode", "transformer_decoder_layer", {"heads": 2}, ["write", "encode"]), ("out", "output", {}, [])))
WRITES = small({"kind": "python_topics", "blocks": 400, "block": 32}, nodes(
    ("embed", "embedding", {"features": 8}, []), ("block", "gpt_block", {"heads": 2}, []),
    ("out", "output", {}, [])))


def test_attention_is_seen_head_by_head_without_what_is_padding_and_is_forgotten_afterwards():
    net = initial(READS)
    shown = Probe(net, split(READS.data), READS).snapshot(0, 0, 3)
    words = shown.facts["sample"]["words"]
    source, target = len(words["source"]), len(words["target"])
    assert source <= 10
    assert target <= 11
    told = shown.facts["attention"]["decode"]
    assert [one["title"] for one in told] == ["attention", "cross attention"]
    assert shown.arrays["attention/encode"].shape == (2, source, source)
    assert shown.arrays[told[0]["array"]].shape == (2, target, target)
    assert shown.arrays[told[1]["array"]].shape == (2, target, source)
    own = shown.arrays[told[0]["array"]] / 255 * shown.facts["scales"][told[0]["array"]]
    assert np.triu(own[0], 1).max() == 0, "no step looks at what comes later"
    assert own.sum(2) == pytest.approx(1, abs=0.05)
    for part in net.modules():
        assert not getattr(part, "watched", False)
        assert getattr(part, "seen", None) is None


def test_what_was_watched_before_is_watched_again():
    net = initial(READS)
    attends: list[Any] = [part for part in net.modules() if hasattr(part, "watched")]
    attends[0].watched = True
    with watching(net):
        assert all(part.watched for part in attends)
    assert [part.watched for part in attends] == [True, *[False] * (len(attends) - 1)]


def test_the_states_of_a_recurrent_layer_are_seen_step_by_step_though_it_gives_the_last_alone():
    experiment = small({"kind": "mackey_glass", "samples": 200}, nodes(
        ("gru", "gru", {"units": 8}, []), ("out", "output", {}, [])))
    _, shown = seen(experiment, 5)
    states = shown.arrays["states/gru"] / 127 * shown.facts["scales"]["states/gru"]
    assert states.shape == (32, 8)
    assert states[-1] == pytest.approx(shown.arrays["values/gru"], abs=0.01)


def test_questions_are_answered_in_the_networks_own_words_and_judged_against_the_true_answers():
    _, shown = seen(READS)
    answers = shown.facts["answers"]
    assert len(answers) == 8
    for told in answers:
        assert told["true"] == told["source"][::-1]
        assert told["right"] == (told["said"] == told["true"])
    typed = Probe(initial(READS), split(READS.data), READS).snapshot(0, 0, 0, Gaze(typed="abcZ!"))
    assert typed.facts["asked"]["source"] == "abc"
    assert typed.facts["asked"]["true"] is None
    assert typed.facts["sample"]["unknown"] == ["Z", "!"]
    assert typed.facts["sample"]["words"]["source"] == ["a", "b", "c"]


def test_a_text_is_carried_on_from_a_held_out_beginning_or_a_typed_one_and_always_the_same():
    data = split(WRITES.data)
    probe = Probe(initial(WRITES), data, WRITES, 12)
    sample = int(data.rows["test"][0])
    told = probe.snapshot(0, 0, sample).facts["written"]
    block = "".join(WRITES.data.words[token] for token in data.samples.inputs[sample])
    assert told["beginning"] == block[:10]
    assert told["beginning"] + told["true"] == block
    assert len(told["text"]) == 12
    assert [share for _, share in told["next"]] == sorted((share for _, share in told["next"]), reverse=True)
    assert probe.snapshot(9, 0, sample).facts["written"] == told
    shown = probe.snapshot(0, 0, sample, Gaze(typed="class A", temperature=0))
    assert len(shown.facts["sample"]["words"]["input"]) == len(shown.arrays["states/embed"]) == 7 + 12
    typed = shown.facts["written"]
    assert typed["beginning"] == "class A"
    assert typed["text"] == probe.snapshot(0, 0, sample, Gaze(typed="class A", temperature=1, top_k=1)).facts[
        "written"]["text"], "the likeliest alone is what greedy takes"
    assert typed["text"] != probe.snapshot(0, 0, sample, Gaze(typed="class A", temperature=2)).facts[
        "written"]["text"]


@pytest.mark.parametrize(("kind", "horizon", "values"), [("mackey_glass", 1, 1), ("lorenz", 4, 3),
                                                         ("stocks", 2, 1)])
def test_a_forecast_is_told_beside_what_came_and_beside_the_last_value(kind, horizon, values):
    experiment = small({"kind": kind, "horizon": horizon}, nodes(
        ("flat", "flatten", {}, []), ("out", "output", {}, [])))
    data = split(experiment.data)
    sample = int(data.rows["test"][2])
    shown = Probe(initial(experiment), data, experiment).snapshot(0, 0, sample)
    held, facts = shown.arrays, shown.facts["forecast"]
    assert held["curves/true"].shape == held["curves/said"].shape == (horizon, values)
    assert np.array_equal(held["curves/true"].ravel(), data.samples.targets[sample])
    assert np.array_equal(held["curves/stays"], np.repeat(held["curves/seen"][-1:], horizon, 0))
    after = data.samples.inputs[sample + 1][-horizon:, list(experiment.data.foretold)]
    assert held["curves/true"] == pytest.approx(after), "what came is what the next window ends with"
    assert facts["window"]["stays"] == pytest.approx(rmse(held["curves/stays"], held["curves/true"]))
    assert held["stretch/true"].shape == held["stretch/said"].shape


@pytest.mark.parametrize(("kind", "value"), [("moons", 0.5), ("stocks", None), ("python_topics", None),
                                             ("diabetes", None), ("digits_reconstruction", None)])
def test_the_figure_to_beat_is_what_one_answer_to_everything_reaches(kind, value):
    experiment = for_data(next(entry for entry in DATASETS if entry.name() == kind))
    _, shown = seen(experiment)
    told, data = shown.facts["baseline"], split(experiment.data)
    rows, train = data.rows["validation"].numpy(), data.rows["train"].numpy()
    truth, learned = data.samples.targets[rows], data.samples.targets[train]
    match kind:
        case "stocks":
            value = rmse(data.samples.inputs[rows][:, -1, [5]], truth)
        case "diabetes" | "digits_reconstruction":
            value = rmse(np.broadcast_to(learned.mean(0), truth.shape), truth)
        case "python_topics":
            share = (np.bincount(learned.ravel(), minlength=106) + 1) / (learned.size + 106)
            value = -np.log2(share)[truth[:256]].mean()
        case _:
            pass
    assert told["value"] == pytest.approx(value, rel=1e-4)


def test_pictures_given_back_and_labels_are_told_picture_by_picture():
    experiment = for_data(next(entry for entry in DATASETS if entry.name() == "digits_reconstruction"))
    _, shown = seen(experiment)
    inputs, _ = split(experiment.data).part("test")
    made = initial(experiment).eval()(inputs[:64]).detach()[:, 0].clamp(0, 1).numpy()
    assert shown.arrays["grid/made"] / 255 == pytest.approx(made, abs=1 / 255)
    experiment = for_data(next(entry for entry in DATASETS if entry.name() == "shapes_labels"))
    _, shown = seen(experiment)
    inputs, _ = split(experiment.data).part("test")
    said = initial(experiment).eval()(inputs[:64]).detach() > 0
    assert np.array_equal(shown.arrays["grid/predicted"].astype(bool), said.numpy())
    assert len(shown.facts["sample"]["scores"]) == 6


def test_a_typed_text_is_read_in_place_of_the_sample():
    experiment = for_data(next(entry for entry in DATASETS if entry.name() == "cities"))
    probe = Probe(initial(experiment), split(experiment.data), experiment)
    shown = probe.snapshot(0, 0, 0, Gaze(typed="Lyon"))
    assert shown.facts["sample"]["words"] == {"input": list("lyon")}
    assert shown.facts["sample"]["target"] is None
    assert sum(shown.facts["sample"]["scores"]) == pytest.approx(1, abs=1e-4)
