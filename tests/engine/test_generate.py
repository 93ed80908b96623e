"""Protects what networks write: the likeliest when greedy, repeatable when drawn, and the best of several."""

import itertools

import pytest
import torch
from torch import Tensor, nn

from core.catalog.base import Field
from core.engine.generate import Manner, answered, best, continued, following, shares
from core.shapes import tokens

END = 0


class Chain(nn.Module):
    """Scores the next token by the last one alone, from a table."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = nn.Parameter(table)
        self.lengths: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.lengths.append(x.shape[1])
        return self.table[x]


class Answer(Chain):
    """The same over the answer that was begun behind a question of two tokens."""

    def forward(self, x: Tensor) -> Tensor:
        return self.table[x[:, 2:]]


def circle(size: int) -> Tensor:
    """A table in which every token asks for the next one, and the last for the first."""
    return 9 * torch.eye(size).roll(1, dims=1)


def test_greedy_text_takes_the_likeliest_token_every_time_whatever_the_seed():
    net = Chain(circle(5))
    for seed in (0, 1):
        assert continued(net, [2], 6, 4, Manner(0.0, 0, seed)) == [3, 4, 0, 1, 2, 3]


def test_the_network_always_reads_samples_of_its_own_length_and_the_last_of_a_long_text():
    net = Chain(circle(5))
    continued(net, [1], 9, 4, Manner())
    assert set(net.lengths) == {4}
    assert torch.equal(following(net, [0, 0, 0, 0, 0, 3], 4, torch.device("cpu")), net.table[3])


def test_the_same_seed_writes_the_same_text_and_torch_is_not_asked_for_chance():
    net, before = Chain(torch.randn(12, 12)), torch.get_rng_state()
    texts = [continued(net, [3], 40, 8, Manner(1.0, 0, seed)) for seed in (7, 7, 8)]
    assert torch.equal(before, torch.get_rng_state())
    assert texts[0] == texts[1] != texts[2]


def test_tokens_come_as_often_as_their_shares_say():
    likely = torch.tensor([0.5, 0.3, 0.2])
    net = Chain(likely.log().expand(3, 3).clone())
    text = torch.tensor(continued(net, [0], 3000, 2, Manner(1.0)))
    assert text.bincount(minlength=3) / 3000 == pytest.approx(likely.numpy(), abs=0.03)


@pytest.mark.parametrize("top", [1, 3])
def test_only_the_likeliest_few_are_written(top):
    table = torch.arange(6.0).expand(6, 6).clone() / 5
    text = continued(Chain(table), [0], 300, 3, Manner(2.0, top))
    assert set(text) == set(range(6 - top, 6))


def test_a_low_temperature_sharpens_and_a_high_one_flattens():
    scores = torch.tensor([2.0, 1.0, 0.0])
    cold, plain, hot = (float(shares(scores, Manner(warmth))[0]) for warmth in (0.3, 1.0, 2.0))
    assert cold > plain > hot > 1 / 3
    assert plain == pytest.approx(float(scores.softmax(0)[0]))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_network_gone_wild_still_writes_tokens(value, temperature):
    net = Chain(torch.full((4, 4), value))
    assert all(token in range(4) for token in continued(net, [1], 5, 3, Manner(temperature, 2)))
    net = Answer(torch.full((4, 4), value))
    question = torch.zeros(1, 5, dtype=torch.int64)
    assert len(best(net, question, Field(2, tokens(3, 4)), END, 3)) <= 3


def test_answers_end_at_their_end_token_or_with_their_last_step_and_never_read_the_true_one():
    target = Field(2, tokens(4, 6))
    net = Answer(circle(6))
    given = torch.tensor([[5, 5, 3, 1, 1, 1], [5, 5, 1, 0, 0, 0]])  # begun with 3 and with 1
    kept = given.clone()
    assert answered(net, given, target, END) == [[4, 5], [2, 3, 4, 5]]
    assert torch.equal(given, kept)


def test_the_best_of_several_is_the_likeliest_whole_answer():
    torch.manual_seed(3)
    found = 0
    for _ in range(20):
        net, target = Answer(2 * torch.randn(4, 4)), Field(2, tokens(3, 4))
        given = torch.tensor([[0, 0, 1, 0, 0]])
        likely = net.table.detach().log_softmax(1)
        chances = {}
        for answer in itertools.product(range(4), repeat=3):
            ended = answer[:answer.index(END) + 1] if END in answer else answer
            steps = zip((1, *ended), ended, strict=False)
            chances[ended] = sum(float(likely[a, b]) for a, b in steps)
        wanted = max(chances, key=lambda answer: chances[answer])
        said = best(net, given, target, END, 64)
        assert said == [token for token in wanted if token != END]
        assert best(net, given, target, END, 1) == answered(net, given, target, END)[0]
        found += said != answered(net, given, target, END)[0]
    assert found, "the greedy answer is not always the likeliest"
