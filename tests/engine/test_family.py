"""Protects training many at once: every member learns what it would have learned alone."""

import pytest
import torch

from core.catalog.optimizers import OPTIMIZERS
from core.engine import family, turbo
from core.engine.family import Family
from core.engine.native.compiler import Compiled
from core.engine.trainer import Trainer
from core.engine.turbo_graph import described
from core.events import Diverged, Finished, StepsRecorded, Validated
from core.experiment.model import read, write
from core.experiment.templates import template
from core.problems import Problems
from tests.engine.runs import pulled, same, weights
from tests.experiment.drafts import draft

RATES = (0.01, 0.003, 0.001)
BATCHED = [rule for rule in OPTIMIZERS if not rule.closure]


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """However fast it is, for a test is not a measurement."""
    monkeypatch.setattr(family, "WORTH", 0.0)


def small(rate=0.01, seed=0, **training):
    rule = {"kind": "sgd"} | training.pop("optimizer", {}) | {"learning_rate": rate}
    return draft({"kind": "linear", "units": 6}, "tanh", data={"kind": "moons", "samples": 100},
                 **{"epochs": 4, "batch_size": 25, "seed": seed, "optimizer": rule, **training})


def together(experiments):
    """What each member told, and the members."""
    members = [Trainer(experiment) for experiment in experiments]
    told = [member.start() for member in members]
    one = Family(members)
    while not one.over:
        for all_of, new in zip(told, one.advance(5, 60.0), strict=True):
            all_of += new
    return told, members


def losses(told):
    return [loss for event in told if isinstance(event, StepsRecorded) for loss in event.losses]


def judged(told):
    return [event.scores["loss"] for event in told if isinstance(event, Validated)]


@pytest.mark.parametrize("rule", BATCHED, ids=lambda rule: rule.name())
def test_members_learn_at_their_own_rate_what_they_would_alone(rule):
    asked = [small(rate, optimizer={"kind": rule.name()}, clip=0.5, regularization={"kind": "l2"})
             for rate in RATES]
    told, _ = together(asked)
    for one, experiment in zip(told, asked, strict=True):
        alone = pulled(experiment)
        assert losses(one) == pytest.approx(losses(alone), rel=1e-3)
        assert judged(one) == pytest.approx(judged(alone), rel=1e-3)
        assert one[-1].test["loss"] == pytest.approx(alone[-1].test["loss"], rel=1e-3)
    assert len({round(one[-1].test["loss"], 6) for one in told}) == len(RATES)


@pytest.mark.parametrize("rule", BATCHED, ids=lambda rule: rule.name())
def test_members_that_go_on_one_by_one_with_compiled_steps_learn_what_they_would_alone(rule, monkeypatch):
    monkeypatch.setattr(turbo, "LEAST_GAIN", 0.0)
    asked = [small(rate, seed, optimizer={"kind": rule.name()}, clip=0.5)
             for seed, rate in enumerate(RATES)]
    members = [Trainer(experiment) for experiment in asked]
    told, one = [member.start() for member in members], Family(members)
    rounds = 0
    while not one.over:
        if rounds == 1:  # in the middle of an epoch
            assert one.use(lambda: uncompiled(asked[0])) > 0
            assert all(member.turbo for member in members)
        for all_of, new in zip(told, one.advance(5, 60.0), strict=True):
            all_of += new
        rounds += 1
    for events, experiment in zip(told, asked, strict=True):
        alone = pulled(experiment)
        assert losses(events) == pytest.approx(losses(alone), rel=1e-3)
        assert judged(events) == pytest.approx(judged(alone), rel=1e-3)
        assert events[-1].test["loss"] == pytest.approx(alone[-1].test["loss"], rel=1e-3)


def uncompiled(experiment) -> Compiled:
    """The steps as they stand."""
    steps, _ = described(experiment)

    def take(first, count, given):
        return steps(torch.tensor(first), torch.tensor(count), *given)[:count]

    return Compiled(take, whole=True)


def test_compiled_steps_begin_at_the_rates_that_a_schedule_has_come_to(monkeypatch):
    monkeypatch.setattr(turbo, "LEAST_GAIN", 0.0)
    schedule = {"kind": "plateau", "patience": 1, "factor": 0.1}
    asked = [small(rate, epochs=30, schedule=schedule) for rate in (10.0, 0.05)]
    members = [Trainer(experiment) for experiment in asked]
    one = Family(members)
    while members[0].rate == 10.0 and not members[0].over:
        one.advance(5, 60.0)
    assert not members[0].over
    one.use(lambda: uncompiled(asked[0]))
    before = [member.seconds for member in members]
    one.advance(20, 60.0)
    gone = [member.seconds - so_far for member, so_far in zip(members, before, strict=True)]
    assert gone[0] == pytest.approx(gone[1], rel=0.01)
    assert members[0].optimizers[0].param_groups[0]["lr"] < 10.0


def test_members_do_not_hold_more_samples_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(family, "_ROOM", 1000)
    one = Family([Trainer(small(rate)) for rate in RATES])
    with pytest.raises(Problems, match="GiB of samples"):
        one.use(lambda: uncompiled(small()))


@pytest.mark.parametrize("nodes", [(), ({"kind": "linear", "units": 6, "bias": False},)],
                         ids=["no matrix", "matrices alone"])
def test_a_rule_of_two_parts_of_which_one_is_empty_is_batched_too(nodes):
    asked = []
    for rate in RATES:
        raw = write(draft(*nodes, data={"kind": "moons", "samples": 100}, epochs=2,
                          optimizer={"kind": "muon", "learning_rate": rate}))
        raw["network"]["nodes"][-1]["frozen"] = bool(nodes)
        asked.append(read(raw))
    told, _ = together(asked)
    for one, experiment in zip(told, asked, strict=True):
        assert losses(one) == pytest.approx(losses(pulled(experiment)), rel=1e-3)


def test_compiled_steps_that_are_slower_than_all_at_once_are_not_used():
    members = [Trainer(small(rate, epochs=40)) for rate in RATES]
    one = Family(members)
    one.advance(5, 60.0)
    assert one.use(lambda: uncompiled(members[0].experiment)) < turbo.LEAST_GAIN
    assert not any(member.turbo for member in members)
    one.advance(5, 60.0)
    assert {member.step for member in members} == {10}


def test_members_of_other_seeds_begin_elsewhere_and_see_the_samples_in_their_own_order():
    asked = [small(seed=seed, schedule={"kind": "cosine"}) for seed in (0, 7, 8)]
    told, members = together(asked)
    for one, member, experiment in zip(told, members, asked, strict=True):
        lone = Trainer(experiment)
        while not lone.over:
            lone.advance(1000, 60.0)
        assert losses(one) == pytest.approx(losses(pulled(experiment)), rel=1e-4)
        left, right = weights(member.network), weights(lone.network)
        assert all(torch.allclose(left[name], right[name], atol=1e-5) for name in right)


@pytest.mark.parametrize("name", [
    "digits-cnn", "dates", *(pytest.param(name, marks=pytest.mark.slow)
                             for name in ("digits-vit", "mackey-glass"))])
def test_every_kind_of_network_can_be_batched(name):
    raw = write(template(name).experiment)
    raw["training"] |= {"device": "cpu", "threads": 1, "layout": "plain", "batch_size": 16}
    members = []
    for seed in (0, 1):
        raw["training"]["seed"] = seed
        members.append(Trainer(read(raw), members[0].split if members else None))
    told = Family(members).advance(1, 0.0)
    lone = Trainer(read(raw), members[0].split)
    if not any("dropout" in str(node.layer) for node in lone.experiment.network.nodes):
        assert losses(told[1]) == pytest.approx(losses(lone.advance(1, 0.0)), rel=1e-3)


def test_measuring_leaves_the_members_as_they_were():
    experiments = [draft({"kind": "linear", "units": 6}, "batch_norm1d", seed=seed,
                         data={"kind": "moons", "samples": 100}) for seed in (0, 1)]
    members = [Trainer(experiment) for experiment in experiments]
    before = [weights(member.network) for member in members]
    assert Family(members).gain > 0
    assert all(same(weights(member.network), held) for member, held in zip(members, before, strict=True))


def test_one_that_ends_early_keeps_its_weights_and_the_others_go_on():
    asked = [small(rate, epochs=12, patience=2, optimizer={"kind": "adam"}) for rate in (3.0, 0.01, 1e-6)]
    told, members = together(asked)
    ends = [one[-1].step for one in told]
    assert min(ends) < max(ends)
    for one, member in zip(told, members, strict=True):
        assert isinstance(one[-1], Finished)
        assert member._scores("test") == one[-1].test


def test_one_that_is_stopped_in_the_middle_of_an_epoch_leaves_the_others_as_they_were():
    asked = [small(seed=seed) for seed in (0, 1, 2)]
    members = [Trainer(experiment) for experiment in asked]
    one = Family(members)
    told = one.advance(6, 60.0)
    members[1].stop()
    while not one.over:
        for all_of, new in zip(told, one.advance(5, 60.0), strict=True):
            all_of += new
    for place in (0, 2):
        assert losses(told[place]) == pytest.approx(losses(pulled(asked[place])), rel=1e-4)
    assert members[1].step == 6


def test_one_that_diverges_leaves_the_others_alone():
    asked = [draft("linear", data={"kind": "plane", "samples": 90}, epochs=30,
                   optimizer={"kind": "sgd", "learning_rate": rate}) for rate in (10.0, 0.01)]
    told, _ = together(asked)
    assert isinstance(told[0][-1], Diverged)
    assert losses(told[1]) == pytest.approx(losses(pulled(asked[1])), rel=1e-4)


@pytest.mark.parametrize(("experiments", "words"), [
    ([small()], "2 to 64"), ([small(), small(batch_size=20)], "more than seed and learning rate"),
    ([small(seed=seed, parts=2) for seed in (0, 1)], "in parts"),
    ([small(seed=seed, optimizer={"kind": "lbfgs"}) for seed in (0, 1)], "several times")])
def test_what_cannot_be_trained_as_one_says_why(experiments, words):
    with pytest.raises(Problems, match=words):
        Family([Trainer(experiment) for experiment in experiments])


def test_where_it_is_not_worth_it_that_is_said(monkeypatch):
    monkeypatch.setattr(family, "WORTH", 1e9)
    with pytest.raises(Problems, match="times as fast"):
        Family([Trainer(small(seed=seed)) for seed in (0, 1)])
