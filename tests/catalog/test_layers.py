"""Protects every layer's shape rule, parameter count and refusals against torch itself."""

from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.catalog.base import Call, Layer, Task
from core.catalog.layers import LAYERS
from core.catalog.layers.activation import ACTIVATIONS, activation
from core.engine.build import module
from core.engine.modules import OWN
from core.problems import ShapeMismatch
from core.shapes import Shape, features, image, sequence, signal, tokens
from tests.catalog.corners import all_corners, said

SHAPES = (features(1), features(2), features(7), features(64), image(1, 1, 1), image(1, 8, 8), image(2, 5, 9),
          image(3, 28, 28), image(64, 2, 3), image(4, 16, 16), sequence(1, 1), sequence(7, 4),
          sequence(16, 64), signal(1, 1), signal(2, 9), signal(4, 64), tokens(1, 2), tokens(8, 30))
TASKS = (Task(kind="classification", outputs=2, classes=("a", "b")),
         Task(kind="classification", outputs=10, classes=tuple("0123456789")),
         Task(kind="regression", outputs=1))


def inputs(layer: Layer) -> Iterator[tuple[Shape, ...]]:
    """What a layer may be given of the sort it reads: every shape, as often as it needs, and its examples."""
    needed = max(layer.arity[0], 1)
    for shape in (layer.example, *SHAPES):
        if layer.reads == "any" or (shape.dtype == "integer") == (layer.reads == "integer"):
            yield (shape,) * needed
            if layer.arity[1] is None or layer.arity[1] > needed:
                yield (shape,) * (needed + 1)
    if layer.others:
        yield example(layer)
        yield from ((layer.example, *given) for given in zip(*([SHAPES] * len(layer.others)), strict=True))


def example(layer: Layer) -> tuple[Shape, ...]:
    return (layer.example, *layer.others) if layer.others else (layer.example,) * max(layer.arity[0], 1)


def accepted(layer: Layer) -> Iterator[tuple[Shape, ...]]:
    return (shapes for shapes in inputs(layer) if refusal(layer, *shapes) is None)


def refusal(layer: Layer, *shapes: Shape) -> ShapeMismatch | None:
    try:
        layer.output(*shapes)
    except ShapeMismatch as refused:
        return refused
    return None


def built(layer: Layer, *shapes: Shape) -> list[nn.Module]:
    with torch.device("meta"):  # shapes only: no memory, no arithmetic
        return [module(call) for call in layer.calls(*shapes)]


def batch(shape: Shape, samples: int, device: str = "meta") -> Tensor:
    if shape.dtype == "integer":
        return torch.zeros(samples, *shape.sizes, dtype=torch.int64, device=device)
    return torch.zeros(samples, *shape.sizes, device=device)


def through(modules: list[nn.Module], given: list[Tensor]) -> Any:
    out = modules[0](*given)
    for part in modules[1:]:
        out = part(out)
    return out


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_shape_rule_and_parameter_count_agree_with_torch(layer):
    for shapes in accepted(layer):
        promised, modules = layer.output(*shapes), built(layer, *shapes)
        actual = through(modules, [batch(shape, 2) for shape in shapes])
        assert isinstance(actual, Tensor), "every layer puts out one tensor"
        assert tuple(actual.shape) == (2, *promised.sizes), shapes
        learned = sum(parameter.numel() for part in modules for parameter in part.parameters())
        assert learned == layer.parameters(*shapes), shapes
        assert len(promised.axes) == len(promised.sizes)
        assert min(promised.sizes) >= 1
        assert actual.dtype == (torch.int64 if promised.dtype == "integer" else torch.float32)
        assert promised.dtype == "float" or layer.reads == "any", "only layers for anything may pass tokens"


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_a_shape_that_does_not_fit_is_refused_with_the_way_out(layer):
    for shapes in inputs(layer):
        refused = refusal(layer, *shapes)
        assert refused is None or (refused.what.endswith(".") and refused.fix.endswith("."))
        assert refused is None or (refused.what[0].isupper() and refused.fix[0].isupper())


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_a_batch_of_the_smallest_size_can_be_learned_from(layer):
    for shapes in accepted(layer):
        fewest = layer.smallest_batch(*shapes)
        through(built(layer, *shapes), [batch(shape, fewest) for shape in shapes])
        if fewest > 1:
            with pytest.raises(ValueError, match="more than 1 value"):
                through(built(layer, *shapes), [batch(shape, fewest - 1) for shape in shapes])


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_no_sample_sees_another_when_it_is_judged(layer):
    """Samples are judged in batches of any size, so an answer may hang on nothing but its own sample."""
    shapes = example(layer)
    if refusal(layer, *shapes):
        return
    torch.manual_seed(0)
    modules = [module(call).eval() for call in layer.calls(*shapes)]
    given = [torch.randint(shape.vocabulary, (3, *shape.sizes)) if shape.dtype == "integer"
             else torch.randn(3, *shape.sizes) for shape in shapes]
    with torch.no_grad():
        together, alone = through(modules, given), through(modules, [tensor[1:2] for tensor in given])
    assert torch.allclose(together[1:2], alone, atol=1e-5)


@pytest.mark.parametrize("layer", all_corners(LAYERS), ids=said)
def test_another_rule_for_first_weights_touches_nothing_but_weights(layer):
    shapes = example(layer)
    if refusal(layer, *shapes):
        return
    for call in layer.calls(*shapes):
        torch.manual_seed(0)
        plain = dict(module(Call(call.target, call.kwargs)).named_parameters())
        torch.manual_seed(0)
        drawn = dict(module(call).named_parameters())
        moved = {name for name in plain if not torch.equal(plain[name], drawn[name])}
        weights = {name for name in plain if plain[name].ndim > 1}
        assert moved <= weights if call.first else not moved
        assert not call.first or moved, "the rule is not torch's own"


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name())
def test_every_layer_accepts_its_example(entry):
    layer = entry(kind=entry.name())
    shapes, (fewest, most) = example(layer), layer.arity
    assert fewest <= len(shapes) <= (most or len(shapes))
    assert layer.output(*shapes)
    assert list(accepted(layer))


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name())
def test_every_call_names_one_real_thing_and_prints_as_python(entry):
    layer = entry(kind=entry.name())
    shapes = example(layer)
    for call in layer.calls(*shapes):
        root, name = call.target.split(".")
        assert root in ("nn", "own")
        assert call.source().startswith(f"{root}.{name}(")
        source = eval(call.source(), {"nn": nn, "own": SimpleNamespace(**OWN)})  # as the script prints it
        assert type(source) is type(module(call))


def test_a_group_of_the_menu_is_one_piece():
    groups = [layer.group for layer in LAYERS]
    assert len(set(groups)) == 1 + sum(one != next for one, next in pairwise(groups))
    assert groups[-1] == "output"


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
