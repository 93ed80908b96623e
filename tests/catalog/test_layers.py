"""Protects every layer's shape rule, parameter count and refusals against torch itself."""

import pytest
import torch
from torch import nn

from core.catalog.base import Layer, Task
from core.catalog.layers import LAYERS
from core.catalog.layers.activation import ACTIVATIONS, activation
from core.engine.build import module
from core.problems import ShapeMismatch
from core.shapes import Shape, features, image
from tests.catalog.corners import all_corners, said

SHAPES = (features(1), features(2), features(7), image(1, 1, 1), image(1, 8, 8), image(2, 5, 9),
          image(3, 28, 28),
          image(64, 2, 3))
TASKS = (Task(kind="classification", outputs=2, classes=("a", "b")),
         Task(kind="classification", outputs=10, classes=tuple("0123456789")),
         Task(kind="regression", outputs=1))


def built(layer: Layer, *shapes: Shape) -> nn.Sequential:
    with torch.device("meta"):  # shapes only: no memory, no arithmetic
        return nn.Sequential(*(module(call) for call in layer.calls(*shapes)))


def refusal(layer: Layer, shape: Shape) -> ShapeMismatch | None:
    try:
        layer.output(shape)
    except ShapeMismatch as refused:
        return refused
    return None


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_shape_rule_and_parameter_count_agree_with_torch(layer):
    for shape in SHAPES:
        try:
            promised = layer.output(shape)
        except ShapeMismatch:
            continue
        net = built(layer, shape)
        actual = net(torch.empty(2, *shape.sizes, device="meta"))
        assert tuple(actual.shape[1:]) == promised.sizes
        assert sum(parameter.numel() for parameter in net.parameters()) == layer.parameters(shape)
        assert len(promised.axes) == len(promised.sizes)
        assert promised.dtype == "float"


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_a_shape_that_does_not_fit_is_refused_with_the_way_out(layer):
    for shape in SHAPES:
        refused = refusal(layer, shape)
        assert refused is None or (refused.what.endswith(".") and refused.fix.endswith("."))


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_a_batch_of_the_smallest_size_can_be_learned_from(layer):
    for shape in SHAPES:
        try:
            layer.output(shape)
        except ShapeMismatch:
            continue
        fewest = layer.smallest_batch(shape)
        built(layer, shape)(torch.empty(fewest, *shape.sizes, device="meta"))
        if fewest > 1:
            with pytest.raises(ValueError, match="more than 1 value"):
                built(layer, shape)(torch.empty(fewest - 1, *shape.sizes, device="meta"))


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name())
def test_every_layer_accepts_its_example(entry):
    entry(kind=entry.name()).output(entry.example)


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name())
def test_every_call_names_one_real_thing_and_prints_as_python(entry):
    for call in entry(kind=entry.name()).calls(entry.example):
        root, name = call.target.split(".")
        assert root in ("nn", "own")
        assert call.source().startswith(f"{root}.{name}(")
        source = eval(call.source(), {"nn": nn})  # what is printed into an exported script
        assert type(source) is type(module(call))


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_the_output_layer_sizes_itself_to_the_task(task):
    sized = LAYERS[-1](kind=LAYERS[-1].name()).for_task(task, task.outputs)
    assert sized.output(features(5)) == features(task.outputs)
    assert sized.parameters(features(5)) == 6 * task.outputs


@pytest.mark.parametrize("layer", all_corners(ACTIVATIONS), ids=said)
def test_a_drawn_curve_is_the_function_torch_computes(layer):
    x = torch.linspace(-6, 6, 241, dtype=torch.float64)
    torch_module = module(layer.call()).double()
    match layer.drawn:
        case "its value for every input x":
            true = torch_module(x[:, None])[:, 0]
        case "a value of 1, let through by a gate of x":
            true = torch_module(torch.stack([torch.ones_like(x), x], dim=1))[:, 0]
        case "the share of x against one other number, 0":
            true = torch_module(torch.stack([x, torch.zeros_like(x)], dim=1))[:, 0]
        case other:
            pytest.fail(f"unknown drawing: {other}")
    assert torch.allclose(torch.from_numpy(layer.curve(x.numpy())), true.detach(), atol=1e-6)


def test_every_activation_can_be_chosen_inside_a_layer():
    assert activation("none") is None
    assert [type(activation(entry.name())) for entry in ACTIVATIONS] == list(ACTIVATIONS)
