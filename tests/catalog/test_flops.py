"""Protects the count of operations: it is torch's own, and by hand where torch counts none."""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.catalog.base import Layer, Task
from core.catalog.layers import LAYERS
from core.engine.build import module
from core.shapes import Shape, features, image, sequence, tokens
from tests.catalog.corners import all_corners, said
from tests.catalog.test_layers import accepted, through

UNCOUNTED = {"rnn", "lstm", "gru", "bilinear"}
"""What torch computes in one piece that its counter does not look into."""
SAMPLES, LARGEST = 2, 10**8


def kinds(kind: str) -> type[Layer]:
    return next(entry for entry in LAYERS if entry.name() == kind)


def counted(layer: Layer, *shapes: Shape) -> int:
    """What torch's counter counts for one sample, training."""
    modules = [module(call).train() for call in layer.calls(*shapes)]
    given = [torch.randint(shape.vocabulary, (SAMPLES, *shape.sizes)) if shape.dtype == "integer"
             else torch.randn(SAMPLES, *shape.sizes, requires_grad=True) for shape in shapes]
    # the counter does not know the fused attention of processors, only its plain parts
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        through(modules, given)
    return counter.get_total_flops() // SAMPLES


@pytest.mark.parametrize("layer", [layer for layer in all_corners(LAYERS) if layer.kind not in UNCOUNTED],
                         ids=said)
def test_operations_are_those_torch_counts(layer):
    for shapes in list(accepted(layer))[:4]:
        promised = layer.flops(*shapes)
        if promised <= LARGEST:
            assert promised == counted(layer, *shapes), shapes


@pytest.mark.parametrize("task", [Task(kind="next_token", outputs=9, shape=tokens(6, 9)),
                                  Task(kind="reconstruction", outputs=32, shape=image(2, 4, 4))], ids=str)
def test_operations_of_the_answer_are_those_torch_counts(task):
    layer = kinds("output")(kind="output").for_task(task, task.outputs)
    given = [sequence(6, 4)] if task.kind == "next_token" else [features(5), image(3, 4, 4)]
    for shape in given:
        assert layer.flops(shape) == counted(layer, shape) > 0


def test_operations_counted_by_hand():
    linear = kinds("linear")(kind="linear", units=5)  # type: ignore[call-arg]
    assert linear.flops(features(3)) == 2 * 3 * 5
    assert linear.flops(sequence(7, 3)) == 7 * 2 * 3 * 5
    conv = kinds("conv2d")(kind="conv2d", filters=4, kernel=3, padding=1)  # type: ignore[call-arg]
    assert conv.flops(image(2, 8, 8)) == 8 * 8 * 4 * (2 * 2 * 3 * 3)
    heads = kinds("multihead_attention")(kind="multihead_attention", heads=2)  # type: ignore[call-arg]
    time, width = 6, 8
    projections, compared = 4 * 2 * time * width * width, 2 * time * time * width
    mixed = compared
    assert heads.flops(sequence(time, width)) == projections + compared + mixed
    bilinear = kinds("bilinear")(kind="bilinear", units=2)  # type: ignore[call-arg]
    assert bilinear.flops(features(3), features(5)) == 2 * 3 * 5 * 2


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_recurrent_operations_counted_by_hand(kind, gates):
    time, width, units = 6, 4, 5
    one = kinds(kind)(kind=kind, units=units)  # type: ignore[call-arg]
    assert one.flops(sequence(time, width)) == 2 * time * gates * units * (width + units)
    both = kinds(kind)(kind=kind, units=units, layers=2, bidirectional=True)  # type: ignore[call-arg]
    second = 2 * time * gates * units * (2 * units + units)
    assert both.flops(sequence(time, width)) == 2 * (one.flops(sequence(time, width)) + second)


def test_the_recurrent_count_is_that_of_its_cells_step_by_step():
    lstm, time = kinds("lstm")(kind="lstm", units=5), 3  # type: ignore[call-arg]
    cell, state = torch.nn.LSTMCell(4, 5), None
    with FlopCounterMode(display=False) as counter:
        for _ in range(time):
            state = cell(torch.randn(1, 4), state)
    assert lstm.flops(sequence(time, 4)) == counter.get_total_flops()
