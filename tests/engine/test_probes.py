"""Protects the eye: what is drawn is what the network computes, and looking touches nothing."""

import json
import weakref

import numpy as np
import pytest
import torch

from core.engine import weights as files
from core.engine.beginning import initial
from core.engine.data import split
from core.engine.preview import EXTENT
from core.engine.probes import MOST_SAMPLES, Probe, look
from core.engine.probes_answers import SIDE
from core.engine.probes_layers import MOST_UNITS, MOST_VALUES, MOST_WEIGHTS
from core.experiment.templates import names, template
from core.problems import Problems
from core.records import Snapshot
from tests.engine.runs import same, weights
from tests.experiment.drafts import draft

CNN = draft({"kind": "conv2d", "filters": 6, "activation": "tanh"}, "batch_norm2d", "max_pool2d", "flatten",
            "linear",
            data="digits")


def seen(experiment, sample: int = 0) -> tuple[Probe, Snapshot]:
    probe = Probe(initial(experiment), split(experiment.data), experiment)
    return probe, probe.snapshot(5, 1, sample)


@pytest.mark.parametrize("name", names())
def test_a_snapshot_of_every_template_survives_its_bytes(name):
    experiment = template(name).experiment
    _, shown = seen(experiment)
    packed = shown.pack()
    back = Snapshot.unpack(packed)
    assert (back.step, back.epoch) == (5, 1)
    assert back.facts == json.loads(json.dumps(shown.facts, allow_nan=False))
    assert back.arrays.keys() == shown.arrays.keys()
    for key, array in shown.arrays.items():
        assert back.arrays[key].dtype == array.dtype
        assert np.array_equal(back.arrays[key], array)
        assert array.dtype in (np.int8, np.uint8, np.int32, np.float32)
        assert array.size > 0
    assert len(packed) < 2_000_000, "small arrays for the eye"
    for key in shown.arrays:
        assert key.split("/")[0] in ("surface", "confidence", "maps", "filters", "grid", "values", "sums",
                                     "weights", "matrix", "states", "signals",
                                     "attention", "curves", "stretch", "bias", "dead",
                                     "confusion", "predicted", "true")
    assert set(shown.facts["scales"]) <= set(shown.arrays)


@pytest.mark.parametrize("experiment",
                         [draft("linear", "batch_norm1d", "dropout"), CNN, draft("dropout", data="iris"),
                                        draft("linear", data="diabetes")],
                         ids=["plane", "image", "table", "values"])
def test_looking_changes_no_weight_no_statistic_no_mode_and_no_random_number(experiment):
    net = initial(experiment)
    probe = Probe(net, split(experiment.data), experiment)
    for training in (True, False):
        net.train(training)
        before, state = weights(net), torch.get_rng_state()
        first, second = probe.snapshot(1, 1, 0), probe.snapshot(1, 1, 0)
        assert same(before, weights(net))
        assert torch.equal(state, torch.get_rng_state())
        assert all(part.training == training for part in net.modules())
        assert first.pack() == second.pack()
        assert all(parameter.grad is None for parameter in net.parameters())


def test_the_surface_is_what_the_network_answers_on_the_plane():
    experiment = draft("linear", data="moons")
    _, shown = seen(experiment)
    net = initial(experiment).eval()
    line = np.linspace(-EXTENT, EXTENT, SIDE)
    for row, column in ((0, 0), (0, SIDE - 1), (SIDE - 1, 0), (10, 30)):
        point = np.array([[line[column], line[row]]])  # row 0 is the lowest x2
        share = net(torch.from_numpy(experiment.data.inputs(point))).softmax(1)[0].detach()
        told = shown.arrays["surface"][row, column] / 127 * shown.facts["surface"]["scale"]
        assert told == pytest.approx(float(share[1] - share[0]), abs=1 / 127)
    assert shown.facts["surface"]["extent"] == [-EXTENT, EXTENT]


def test_many_classes_are_drawn_by_number_and_confidence():
    _, shown = seen(draft("linear", data={"kind": "spiral", "arms": 4}))
    assert shown.facts["surface"]["kind"] == "classes"
    assert shown.arrays["surface"].max() < 4
    assert shown.arrays["confidence"].shape == (SIDE, SIDE)
    assert shown.arrays["confidence"].min() >= 255 // 4


def test_a_regression_surface_is_in_the_unit_of_the_data():
    experiment = draft(data="plane")
    _, shown = seen(experiment)
    net = initial(experiment).eval()
    middle = net(torch.tensor([[-EXTENT, -EXTENT]]))[0, 0].detach()
    told = shown.arrays["surface"][0, 0] / 127 * shown.facts["surface"]["scale"]
    assert told == pytest.approx(float(middle),
                                 abs=shown.facts["surface"]["scale"] / 127) or abs(told) == pytest.approx(
        shown.facts["surface"]["scale"])


@pytest.mark.parametrize("sample", [0, 3, 499])
def test_the_numbers_of_a_neuron_add_up(sample):
    _, shown = seen(draft({"kind": "linear", "units": 8, "activation": "tanh"}, data="moons"), sample)
    held = shown.arrays
    sums = held["weights/hidden1"] @ held["values/input"] + held["bias/hidden1"]
    assert held["sums/hidden1"] == pytest.approx(sums, abs=1e-5)
    assert held["values/hidden1"] == pytest.approx(np.tanh(sums), abs=1e-5)
    assert held["values/out"] == pytest.approx(
        held["weights/out"] @ held["values/hidden1"] + held["bias/out"], abs=1e-5)
    scores = np.exp(held["values/out"]) / np.exp(held["values/out"]).sum()
    assert shown.facts["sample"]["scores"] == pytest.approx(scores.tolist(), abs=1e-5)
    assert shown.facts["sample"]["index"] == sample


def test_bytes_can_be_turned_back_into_the_numbers():
    experiment = CNN
    _, shown = seen(experiment, 7)
    net = initial(experiment).eval()
    data = split(experiment.data)
    trace = dict(net.traces(data.inputs[7:8]))
    for key in ("maps/input", "maps/hidden1", "maps/hidden3"):
        true = trace[key.split("/")[1]].output[0].detach().numpy()
        most = 127 if shown.arrays[key].dtype == np.int8 else 255
        told = shown.arrays[key].astype(np.float32) / most * shown.facts["scales"][key]
        assert told == pytest.approx(true, abs=shown.facts["scales"][key] / 127)
    filters = shown.arrays["filters/hidden1"] / 127 * shown.facts["scales"]["filters/hidden1"]
    assert filters == pytest.approx(net.block("hidden1")[0].weight.detach().numpy(), abs=0.01)


def test_pixels_are_unsigned_and_what_a_filter_makes_of_them_is_signed():
    _, shown = seen(CNN)
    assert shown.arrays["maps/input"].dtype == np.uint8
    assert shown.arrays["maps/hidden1"].dtype == np.int8
    _, plane = seen(draft("linear", data="moons"))
    assert plane.arrays["maps/input"].dtype == np.int8, "coordinates lie on both sides of zero"


def test_weights_are_named_as_an_edit_names_them():
    experiment = draft("linear", data="moons")
    _, shown = seen(experiment)
    learned = initial(experiment).learned()
    assert set(shown.facts["weights"]) == {"hidden1", "out"}
    for node, name in shown.facts["weights"].items():
        assert torch.equal(learned[f"{node}.{name}"], torch.from_numpy(shown.arrays[f"weights/{node}"]))


@pytest.mark.parametrize(("data", "unknown"), [("moons", -128), ("plane", -128),
                                               ({"kind": "spiral", "arms": 4}, 255)])
def test_an_answer_that_is_no_number_is_told_apart_from_an_undecided_one(data, unknown):
    experiment = draft("linear", data=data)
    net = initial(experiment)
    with torch.no_grad():
        net.block("out")[0].weight[0, 0] = float("inf")
    surface = Probe(net, split(experiment.data), experiment).snapshot(0, 0, 0).arrays["surface"]
    assert (surface == unknown).any()
    _, sound = seen(experiment)
    assert not (sound.arrays["surface"] == unknown).any()


def test_a_map_per_neuron_is_drawn_for_points():
    _, shown = seen(draft({"kind": "linear", "units": 100},
                          data={"kind": "moons", "features": ["x1", "x1_squared"]}))
    assert shown.arrays["maps/input"].shape == (2, SIDE // 2, SIDE // 2)
    assert shown.arrays["maps/hidden1"].shape == (MOST_UNITS, SIDE // 2, SIDE // 2)
    first = shown.arrays["maps/input"][0]
    assert (np.diff(first.astype(int), axis=1) >= 0).all(), "x1 grows from left to right"


def test_what_is_too_wide_is_cut_and_what_is_too_heavy_left_out():
    _, shown = seen(draft({"kind": "linear", "units": 1024}, {"kind": "linear", "units": 1024}, data="moons"))
    assert shown.arrays["values/hidden2"].shape == (MOST_VALUES,)
    assert "weights/hidden2" not in shown.arrays
    assert shown.arrays["weights/hidden1"].size <= MOST_WEIGHTS


def test_a_dead_unit_is_seen():
    experiment = draft({"kind": "linear", "units": 4}, data="moons")
    net = initial(experiment)
    with torch.no_grad():
        net.block("hidden1")[0].bias.copy_(torch.tensor([-1e6, 1.0, -1e6, 1.0]))
    shown = Probe(net, split(experiment.data), experiment).snapshot(0, 0, 0)
    assert shown.arrays["dead/hidden1"].tolist() == [1, 0, 1, 0]
    assert "dead/out" not in shown.arrays


def test_images_are_answered_sample_by_sample():
    experiment = CNN
    _, shown = seen(experiment)
    data, net = split(experiment.data), initial(experiment).eval()
    inputs, _ = data.part("test")
    assert shown.arrays["grid/predicted"].tolist() == net(inputs[:64]).argmax(1).tolist()
    assert shown.arrays["grid/confidence"].shape == (64,)


def test_tables_are_answered_by_a_confusion_or_by_pairs():
    iris = draft(data="iris")
    _, shown = seen(iris)
    assert shown.arrays["confusion"].shape == (3, 3)
    assert shown.arrays["confusion"].sum() == iris.data.sizes().validation
    _, shown = seen(draft(data="diabetes"))
    assert shown.arrays["predicted"].shape == shown.arrays["true"].shape
    assert len(shown.arrays["true"]) == draft(data="diabetes").data.sizes().validation
    assert shown.arrays["true"].max() > 100, "in the unit of the data"
    assert len(shown.arrays["true"]) <= MOST_SAMPLES


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -3e38])
@pytest.mark.parametrize("data", ["moons", "digits", "iris", "diabetes", "plane", "spiral"])
def test_a_network_gone_wild_can_still_be_looked_at(value, data):
    experiment = draft(*(["flatten"] if data == "digits" else []), "linear",
                       data={"kind": data, "arms": 3} if data == "spiral" else data)
    net = initial(experiment)
    with torch.no_grad():
        net.block("out")[0].bias.fill_(value)
        net.block("hidden1" if data != "digits" else "hidden2")[0].weight.fill_(value)
    shown = Probe(net, split(experiment.data), experiment).snapshot(0, 0, 0)
    assert Snapshot.unpack(shown.pack()).facts == shown.facts


@pytest.mark.parametrize("sample", [-5, 10**9])
def test_a_sample_that_is_not_there_becomes_the_nearest_one(sample):
    experiment = draft(data="moons")
    _, shown = seen(experiment, sample)
    assert shown.facts["sample"]["index"] in (0, experiment.data.count - 1)


def test_a_network_at_rest_is_untrained_or_wears_the_weights_of_a_run(tmp_path):
    experiment = draft("linear", data="moons")
    untrained = look(experiment, None, 0)
    assert untrained.pack() == look(experiment, None, 0).pack()
    net = initial(experiment)
    with torch.no_grad():
        net.block("out")[0].bias.fill_(3.0)
    files.write(tmp_path / "weights.safetensors", net)
    worn = look(experiment, tmp_path / "weights.safetensors", 0)
    assert worn.arrays["bias/out"].tolist() == [3.0, 3.0]
    with pytest.raises(Problems):
        look(draft("linear", "linear", data="moons"), tmp_path / "weights.safetensors", 0)


def test_a_deep_network_is_looked_through_a_node_at_a_time():
    net = initial(draft(*["relu"] * 150, data={"kind": "moons", "samples": 60}))
    alive: list[weakref.ref[torch.Tensor]] = []
    most = 0
    with torch.inference_mode():
        for _, trace in net.traces(torch.ones(4, 2)):
            alive.append(weakref.ref(trace.output))
            most = max(most, sum(one() is not None for one in alive))
    assert most <= 3
