"""Protects our own modules: what may see what, what attention tells of itself, and known values."""

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from core.catalog.base import Layer
from core.catalog.layers.attention import (
    GPTBlock,
    MultiheadAttention,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from core.catalog.layers.merge import Add, Concatenate, Multiply
from core.catalog.layers.positions import PositionLearned, PositionSinusoidal
from core.catalog.layers.recurrent import GRU, LSTM, RNN
from core.catalog.layers.sequence import CausalConv1d, ClassToken, LastSteps, PatchEmbedding, Select
from core.engine.build import module
from core.engine.modules.attention import Attention
from core.engine.modules.positions import rotate, rotations
from core.problems import ShapeMismatch
from core.shapes import Shape, image, sequence

TIME, FEATURES = 6, 8
READ, MEMORY = sequence(TIME, FEATURES), sequence(5, 4)
ATTENDING: dict[str, tuple[Any, tuple[Shape, ...]]] = {
    "self": (MultiheadAttention(heads=2), (READ,)),
    "causal": (MultiheadAttention(heads=2, causal=True), (READ,)),
    "causal rope": (MultiheadAttention(heads=4, causal=True, rope=True, bias=False), (READ,)),
    "cross": (MultiheadAttention(heads=2), (READ, MEMORY)),
    "encoder": (TransformerEncoderLayer(heads=2, rope=True), (READ,)),
    "encoder, norm last": (TransformerEncoderLayer(heads=2, pre_norm=False), (READ,)),
    "causal encoder": (TransformerEncoderLayer(heads=2, causal=True, activation="gelu"), (READ,)),
    "decoder": (TransformerDecoderLayer(heads=2), (READ, MEMORY)),
    "decoder, norm last": (TransformerDecoderLayer(heads=2, rope=True, pre_norm=False), (READ, MEMORY)),
    "gpt": (GPTBlock(heads=2), (READ,)),
    "gpt without convolution": (GPTBlock(heads=2, kernel=0, rope=False), (READ,))}
CAUSAL: dict[str, tuple[Any, tuple[Shape, ...]]] = {
    **{name: ATTENDING[name] for name in ("causal", "causal rope", "causal encoder", "decoder", "gpt",
                                          "decoder, norm last", "gpt without convolution")},
    "convolution": (CausalConv1d(kernel=3), (READ,)), "long convolution": (CausalConv1d(kernel=20), (READ,)),
    "rnn": (RNN(gives="every", layers=2), (READ,)), "lstm": (LSTM(gives="every"), (READ,)),
    "gru": (GRU(gives="every"), (READ,)), "learned positions": (PositionLearned(), (READ,)),
    "sinusoidal positions": (PositionSinusoidal(), (READ,))}


def built(layer: Layer, *shapes: Shape) -> Any:
    torch.manual_seed(0)
    layer.output(*shapes)
    return nn.Sequential(*(module(call) for call in layer.calls(*shapes)))[0].eval()


def drawn(*shapes: Shape) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(3, *shape.sizes, generator=generator) for shape in shapes]


def disturbed(x: Tensor, step: int) -> Tensor:
    """With one step turned round; a mere shift would be lost in a LayerNorm."""
    changed = x.clone()
    changed[:, step] = 2 * x[:, step].flip(-1)
    return changed


def attention(of: nn.Module) -> list[Attention]:
    return [part for part in of.modules() if isinstance(part, Attention)]


@pytest.mark.parametrize("name", CAUSAL)
def test_a_causal_module_never_sees_a_later_step(name):
    layer, shapes = CAUSAL[name]
    net, (x, *memory) = built(layer, *shapes), drawn(*shapes)
    before = net(x, *memory)
    for step in range(TIME):
        moved = (net(disturbed(x, step), *memory) - before).abs().amax((0, 2)) > 1e-6
        assert not moved[:step].any(), "a later step changed an earlier output"
        assert moved[step], "a step does not see itself"


@pytest.mark.parametrize("layer", [MultiheadAttention(heads=2), TransformerEncoderLayer(heads=2),
                                   GRU(gives="every", bidirectional=True)], ids=lambda layer: layer.kind)
def test_a_module_that_is_not_causal_does_see_later_steps(layer):
    net, (x,) = built(layer, READ), drawn(READ)
    assert ((net(disturbed(x, -1)) - net(x)).abs().amax((0, 2)) > 1e-6).all()


@pytest.mark.parametrize("name", ATTENDING)
def test_watching_attention_changes_nothing_and_its_shares_sum_to_one(name):
    layer, shapes = ATTENDING[name]
    net, inputs = built(layer, *shapes), drawn(*shapes)
    unseen = net(*inputs)
    assert all(part.seen is None for part in attention(net))
    for part in attention(net):
        part.watched = True
    assert torch.allclose(net(*inputs), unseen, atol=1e-5)
    for part in attention(net):
        assert part.seen is not None
        assert part.seen.shape[:3] == (3, layer.heads, TIME)
        assert not part.seen.requires_grad
        assert torch.allclose(part.seen.sum(3), torch.ones(3, layer.heads, TIME), atol=1e-6)


def test_watched_causal_attention_shows_nothing_above_the_diagonal():
    net, (x,) = built(MultiheadAttention(heads=2, causal=True), READ), drawn(READ)
    net.watched = True
    net(x)
    assert net.seen.triu(1).abs().max() == 0
    assert torch.equal(net.seen[:, :, 0, 0], torch.ones(3, 2))


def test_self_attention_computes_what_torch_computes():
    net, (x,) = built(MultiheadAttention(heads=2), READ), drawn(READ)
    torchs = nn.MultiheadAttention(FEATURES, 2, batch_first=True)
    torchs.load_state_dict({"in_proj_weight": net.query_key_value.weight, "out_proj.weight": net.out.weight,
                            "in_proj_bias": net.query_key_value.bias, "out_proj.bias": net.out.bias})
    assert torch.allclose(net(x), torchs(x, x, x, need_weights=False)[0], atol=1e-6)


@pytest.mark.parametrize("pre_norm", [False, True])
def test_the_encoder_layer_computes_what_torch_computes(pre_norm):
    net = built(TransformerEncoderLayer(heads=2, pre_norm=pre_norm, activation="gelu"), READ)
    (x,) = drawn(READ)
    torchs = nn.TransformerEncoderLayer(FEATURES, 2, 4 * FEATURES, 0.0, "gelu", batch_first=True,
                                        norm_first=pre_norm)
    copies = {"self_attn.in_proj_": "attention.query_key_value.", "self_attn.out_proj.": "attention.out.",
              "linear1.": "feed_forward.up.", "linear2.": "feed_forward.down.", "norm1.": "norms.0.",
              "norm2.": "norms.1."}
    mine = net.state_dict()
    torchs.load_state_dict({theirs + end: mine[ours + end] for theirs, ours in copies.items()
                            for end in ("weight", "bias")})
    assert torch.allclose(net(x), torchs(x), atol=1e-5)


def test_rope_makes_products_depend_only_on_how_far_apart_two_steps_are():
    generator = torch.Generator().manual_seed(2)
    query, key = (torch.randn(16, generator=generator).expand(1, 1, 30, 16) for _ in range(2))
    turns = rotations(query)
    products = (rotate(query, turns) @ rotate(key, turns).transpose(2, 3))[0, 0]
    for apart in (-7, 0, 1, 12):
        along = products.diagonal(apart)
        assert torch.allclose(along, along[0].expand_as(along), atol=1e-4)
    assert (products[0, :8].diff().abs() > 1e-3).all(), "distance makes no difference"
    assert torch.allclose(products[0, 0], (query[0, 0, 0] * key[0, 0, 0]).sum(), atol=1e-5)


def test_rope_tells_the_order_that_attention_alone_cannot_tell():
    (x,) = drawn(READ)
    order = [2, 0, 1, 4, 3, 5]
    for rope, same in ((False, True), (True, False)):
        net = built(MultiheadAttention(heads=2, rope=rope), READ)
        assert torch.allclose(net(x[:, order]), net(x)[:, order], atol=1e-5) is same


@pytest.mark.parametrize("name", ["decoder", "decoder, norm last", "cross"])
def test_every_step_reads_all_of_the_memory(name):
    layer, shapes = ATTENDING[name]
    net, (x, memory) = built(layer, *shapes), drawn(*shapes)
    before = net(x, memory)
    for step in range(memory.shape[1]):
        assert ((net(x, disturbed(memory, step)) - before).abs().amax((0, 2)) > 1e-6).all()


def test_dropout_acts_in_training_alone_watched_or_not():
    net, (x,) = built(MultiheadAttention(heads=2, dropout=0.5), READ), drawn(READ)
    for watched in (False, True):
        net.watched = watched
        assert torch.equal(net.eval()(x), net(x))
        assert not torch.allclose(net.train()(x), net(x))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("entry", [RNN, LSTM, GRU])
def test_the_last_state_is_the_last_of_every_state(entry, layers):
    (x,) = drawn(READ)
    every = built(entry(units=3, layers=layers, gives="every"), READ)(x)
    last = built(entry(units=3, layers=layers), READ)(x)
    assert torch.equal(last, every[:, -1])


@pytest.mark.parametrize("entry", [RNN, LSTM, GRU])
def test_both_ways_the_last_state_joins_the_two_ends(entry):
    (x,) = drawn(READ)
    every = built(entry(units=3, gives="every", bidirectional=True), READ)(x)
    last = built(entry(units=3, bidirectional=True), READ)(x)
    assert torch.equal(last, torch.cat((every[:, -1, :3], every[:, 0, 3:]), 1))
    turned = built(entry(units=3, bidirectional=True), READ)
    for name, weight in list(turned.cells.named_parameters()):
        if name.endswith("_reverse"):
            weight.data.copy_(turned.cells.get_parameter(name.removesuffix("_reverse")))
    ahead, back = turned(x).split(3, 1)
    assert torch.equal(turned(x.flip(1)), torch.cat((back, ahead), 1))


def test_an_rnn_is_the_sum_it_says_it_is():
    net, (x,) = built(RNN(units=3, activation="relu", gives="every"), READ), drawn(READ)
    cells, state = net.cells, torch.zeros(3, 3)
    for step in range(TIME):
        state = (x[:, step] @ cells.weight_ih_l0.T + cells.bias_ih_l0 + state @ cells.weight_hh_l0.T
                 + cells.bias_hh_l0).relu()
        assert torch.allclose(net(x)[:, step], state, atol=1e-6)


def test_sinusoidal_positions_are_those_of_vaswani_2017():
    waves = built(PositionSinusoidal(), sequence(50, 512))(torch.zeros(1, 50, 512))[0]
    for position, pair in ((0, 0), (1, 0), (1, 100), (49, 3), (49, 255)):
        angle = position / 10000 ** (2 * pair / 512)
        assert waves[position, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-5)
        assert waves[position, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)
    odd = built(PositionSinusoidal(), sequence(2, 3))(torch.zeros(1, 2, 3))[0, 1]
    assert torch.allclose(odd, torch.tensor([math.sin(1), math.cos(1), math.sin(10000 ** (-2 / 3))]))


def test_a_causal_convolution_weighs_the_last_steps_oldest_first():
    net, (x,) = built(CausalConv1d(kernel=3, bias=False), READ), drawn(READ)
    blank = torch.cat((torch.zeros(3, 2, FEATURES), x), 1)
    weight = net.conv.weight[:, 0]
    for step in range(TIME):
        assert torch.allclose(net(x)[:, step], (blank[:, step:step + 3] * weight.T).sum(1), atol=1e-6)


def test_select_and_last_steps_keep_what_they_say():
    (x,) = drawn(READ)
    wanted: dict[Any, Tensor] = {"last": x[:, 5], "first": x[:, 0], "mean": x.sum(1) / 6,
                                 "max": x.max(1).values}
    for which, kept in wanted.items():
        assert torch.allclose(built(Select(which=which), READ)(x), kept)
    assert torch.equal(built(LastSteps(steps=2), READ)(x), x[:, 4:])


def test_a_class_token_stands_in_front_of_every_sequence():
    net, (x,) = built(ClassToken(), READ), drawn(READ)
    assert torch.equal(net(x)[:, 1:], x)
    assert torch.equal(net(x)[:, 0], net.weight[0].expand(3, -1))


def test_a_patch_is_read_from_its_own_place_alone():
    shape = image(2, 4, 6)
    net, (x,) = built(PatchEmbedding(patch=2, features=5), shape), drawn(shape)
    changed = x.clone()
    changed[:, :, 2, 5] += 1  # the second row of patches, the last of its three
    moved = (net(changed) - net(x)).abs().amax((0, 2)) > 1e-6
    assert moved.tolist() == [False] * 5 + [True]


def test_merging_adds_multiplies_and_lays_side_by_side():
    a, b, c = drawn(READ, READ, READ)
    assert torch.allclose(built(Add(), READ, READ, READ)(a, b, c), a + b + c)
    assert torch.allclose(built(Multiply(), READ, READ, READ)(a, b, c), a * b * c)
    assert torch.equal(built(Concatenate(), READ, READ)(a, b)[..., FEATURES:], b)
    small, large = image(1, 4, 4), image(2, 4, 4)
    assert Concatenate().output(small, large, large) == image(5, 4, 4)
    assert built(Concatenate(), small, large)(*drawn(small, large)).shape == (3, 3, 4, 4)


@pytest.mark.parametrize(("layer", "shapes", "way"), [
    (MultiheadAttention(heads=4), (sequence(6, 10),), "Set heads to 1 or 2 or 5, or give it 12 features."),
    (MultiheadAttention(heads=4, rope=True), (sequence(6, 12),),
     "Give it 16 features, set heads to 2 or 3 or 6, or switch RoPE off."),
    (MultiheadAttention(causal=True), (READ, MEMORY), "Switch Causal off, or remove the second input."),
    (PatchEmbedding(patch=3), (image(1, 8, 12),), "Set patch to one of: 1, 2, 4."),
    (Add(), (READ, READ, sequence(6, 9)), "Give the layers before it the same features, or use Concatenate."),
    (Concatenate(), (image(1, 4, 4), image(1, 4, 5)), "Give the layers before it the same width."),
    (Concatenate(), (READ, image(1, 4, 5)), "Bring them to one kind before it"),
], ids=lambda value: value.kind if isinstance(value, Layer) else "")
def test_what_does_not_fit_is_refused_with_the_way_out(layer, shapes, way):
    with pytest.raises(ShapeMismatch) as refused:
        layer.output(*shapes)
    assert way in refused.value.fix


@pytest.mark.parametrize("name", [*ATTENDING, "convolution"])
def test_operations_are_counted_as_torch_counts_them(name):
    layer, shapes = {**ATTENDING, **CAUSAL}[name]
    net, inputs = built(layer, *shapes), [x[:1] for x in drawn(*shapes)]
    for part in attention(net):
        part.watched = True  # the counter does not see into the fast way
    with FlopCounterMode(display=False) as counter:
        net(*inputs)
    assert layer.flops(*shapes) == counter.get_total_flops()


def test_operations_of_recurrent_layers_grow_with_what_they_are_made_of():
    one = [entry(units=16).flops(sequence(10, 4)) for entry in (RNN, GRU, LSTM)]
    assert one == [2 * 10 * gates * 16 * (4 + 16) for gates in (1, 3, 4)]
    stack = [GRU(units=16, layers=layers, bidirectional=True).flops(sequence(10, 4)) for layers in (1, 2, 3)]
    assert stack[0] == 2 * one[1]
    assert [later - earlier for earlier, later in pairwise(stack)] == [2 * 2 * 10 * 3 * 16 * (32 + 16)] * 2


@pytest.mark.parametrize("name", {**ATTENDING, **CAUSAL})
def test_every_weight_of_a_module_learns_and_every_run_through_it_is_the_same(name):
    layer, shapes = {**ATTENDING, **CAUSAL}[name]
    net, inputs = built(layer, *shapes), [x.requires_grad_() for x in drawn(*shapes)]
    net(*inputs).square().sum().backward()
    learned = {name: p.grad for name, p in net.named_parameters()} | dict(enumerate(x.grad for x in inputs))
    assert all(slope is not None and slope.isfinite().all() and slope.any() for slope in learned.values())
    with torch.inference_mode():
        assert torch.equal(net(*inputs), net(*inputs))


@pytest.mark.parametrize("name", [name for name in CAUSAL if not name.startswith("decoder")])
def test_a_causal_module_says_of_the_start_of_a_sequence_what_it_says_of_the_start_alone(name):
    layer, shapes = CAUSAL[name]
    net, (x,) = built(layer, *shapes), drawn(*shapes)
    assert torch.allclose(net(x[:, :4]), net(x)[:, :4], atol=1e-5)
