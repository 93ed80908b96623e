"""Protects Turbo: the rules of torch's optimizers, on the very tensors, mixed with plain steps at will."""

import copy
from collections.abc import Mapping, Sequence

import pytest
import torch

from core.catalog.optimizers import LBFGS, OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.engine.average import Average
from core.engine.native.compiler import Compiled
from core.engine.trainer import Trainer
from core.engine.turbo import Joined, Turbo, _same, gain, wanted
from core.engine.turbo_graph import described
from core.engine.turbo_made import build, loaded
from core.engine.turbo_step import small_products
from core.experiment.edits import apply
from core.experiment.model import Experiment, read
from core.problems import Problems
from tests.engine.runs import weights

SETTINGS = {"sgd": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, "rmsprop": {"momentum": 0.5},
            "adam": {"weight_decay": 0.01}, "adadelta": {"learning_rate": 1.0, "weight_decay": 0.01}}
PLAIN = [entry.name() for entry in OPTIMIZERS if entry is not LBFGS]


HIDDEN = {"kind": "linear", "units": 8}


def spirals(optimizer: str = "adam", layers: Sequence[Mapping[str, object]] = (HIDDEN,),
            **training: object) -> Experiment:
    nodes = [{"id": f"n{place}", "frozen": "frozen" in layer,
              "layer": {name: value for name, value in layer.items() if name != "frozen"}}
             for place, layer in enumerate(layers)]
    return read({"data": {"kind": "spiral"},
                 "network": {"nodes": [*nodes, {"id": "out", "layer": {"kind": "output"}}]},
                 "training": {"optimizer": {"kind": optimizer} | SETTINGS.get(optimizer, {}), "device": "cpu",
                              "threads": 1, "epochs": 8, "batch_size": 40, **training}})


def attached(trainer: Trainer) -> list[int]:
    """Have a trainer join steps, computed as they stand, uncompiled; the step of each call is noted."""
    calls: list[int] = []
    state = torch.get_rng_state()
    run, _ = described(trainer.experiment)
    torch.set_rng_state(state)

    def noted(first: int, count: int, given: list[torch.Tensor]) -> torch.Tensor:
        calls.append(trainer.step)
        return run(torch.tensor(first), torch.tensor(count), *given)[:count]

    trainer.turbo = Turbo(trainer, Compiled(noted, whole=True))
    return calls


def trained(experiment: Experiment, turbo: bool, pause: int = 1_000_000) -> tuple[list[float], Trainer]:
    """The losses of a run, and its trainer. pause: after how many steps each time it is held."""
    trainer = Trainer(experiment)
    events = trainer.start() + trainer.advance(1, 60)
    if turbo:
        attached(trainer)
    while not trainer.over:
        events += trainer.advance(pause, 60)
    return [loss for event in events if event.type == "steps_recorded" for loss in event.losses], trainer


def assert_alike(experiment: Experiment, pause: int = 1_000_000) -> None:
    plain, ours = trained(experiment, turbo=False), trained(experiment, turbo=True, pause=pause)
    torch.testing.assert_close(torch.tensor(ours[0]), torch.tensor(plain[0]), rtol=1e-3, atol=1e-4)
    for name, tensor in weights(plain[1].network).items():
        torch.testing.assert_close(weights(ours[1].network)[name], tensor, rtol=1e-2, atol=1e-3)
    for left, right in zip(plain[1].optimizers, ours[1].optimizers, strict=True):
        counts = [[float(state["step"]) for state in one.state.values() if "step" in state]
                  for one in (left, right)]
        assert counts[0] == counts[1]
    assert_averages_alike(*(trainer.verdict.average for _, trainer in (plain, ours)))


def assert_averages_alike(plain: Average | None, ours: Average | None) -> None:
    if not (plain and ours):
        assert plain is ours
        return
    wanted_state, state = plain.state(), ours.state()
    assert state["steps"] == wanted_state["steps"]
    torch.testing.assert_close(state["mean"], wanted_state["mean"], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("optimizer", PLAIN)
def test_every_rule_trains_as_torch_s_optimizer_does(optimizer):
    assert_alike(spirals(optimizer, (HIDDEN, {"kind": "linear", "units": 5})))


@pytest.mark.parametrize("schedule", [entry.name() for entry in SCHEDULES])
def test_every_schedule_is_heeded(schedule):
    assert_alike(spirals("adamw", schedule={"kind": schedule}))


@pytest.mark.parametrize("layers", [
    (HIDDEN, {"kind": "batch_norm1d"}), (HIDDEN, {"kind": "dropout"}),
], ids=["statistics", "drawn numbers"])
def test_layers_that_remember_or_draw_do_so_alike(layers):
    assert_alike(spirals(layers=layers))


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_a_penalty_is_charged(penalty):
    assert_alike(spirals(regularization={"kind": penalty, "strength": 0.01}))


@pytest.mark.parametrize("training", [{"clip": 0.05}, {"parts": 3}], ids=["clipped", "in parts"])
def test_gradients_are_clipped_and_gathered_in_parts(training):
    assert_alike(spirals("sgd", **training))


@pytest.mark.parametrize("layers", [
    (HIDDEN, {"kind": "batch_norm1d"}), ({**HIDDEN, "frozen": True}, HIDDEN)], ids=["statistics", "frozen"])
@pytest.mark.parametrize("span", [2, 6, 1000])
def test_weights_are_averaged_and_what_layers_keep_beside_them(layers, span):
    assert_alike(spirals(layers=layers, average=span), pause=5)


def test_the_span_of_the_mean_needs_no_other_steps_but_a_mean_does():
    keys = {span: wanted(begun_trainer(spirals(average=span))) for span in (6, 60, None)}
    assert keys[6] == keys[60] != keys[None]


@pytest.mark.parametrize("optimizer", ["nadam", "sgd"])
def test_plain_and_joined_steps_mix_at_any_step(optimizer):
    assert_alike(spirals(optimizer), pause=5)


def begun_trainer(experiment: Experiment) -> Trainer:
    trainer = Trainer(experiment)
    trainer.start()
    trainer.advance(1, 60)
    return trainer


def test_only_a_smaller_last_batch_is_not_joined():
    trainer = begun_trainer(spirals())
    calls, per_epoch = attached(trainer), trainer.course.steps_per_epoch
    assert len(trainer.split.rows["train"]) % 40
    trainer.advance(3 * per_epoch - 1, 60)
    assert calls
    assert per_epoch - 1 not in {step % per_epoch for step in calls}


def test_how_steps_are_grouped_changes_no_bit():
    whole, apart = (trained(spirals(layers=(HIDDEN, {"kind": "dropout"})), turbo=True, pause=pause)
                    for pause in (1_000_000, 3))
    assert whole[0] == apart[0]
    assert all(torch.equal(one, other) for one, other
               in zip(weights(whole[1].network).values(), weights(apart[1].network).values(), strict=True))


def test_a_moved_rate_needs_nothing_new_and_another_step_is_not_joined():
    trainer = begun_trainer(spirals("nadam"))
    calls, key = attached(trainer), wanted(trainer)
    trainer.change("training.optimizer.learning_rate", 0.002)
    trainer.change("training.optimizer.beta1", 0.8)
    assert wanted(trainer) == key
    trainer.advance(2 * trainer.course.steps_per_epoch, 60)
    joined = len(calls)
    trainer.change("training.optimizer.weight_decay", 0.01)
    assert wanted(trainer) != key
    trainer.advance(2 * trainer.course.steps_per_epoch, 60)
    assert joined
    assert len(calls) == joined
    trainer.change("training.optimizer.weight_decay", 0.0)
    trainer.advance(2 * trainer.course.steps_per_epoch, 60)
    assert len(calls) > joined


def test_what_becomes_part_of_the_code_is_part_of_its_name():
    changes = (("data.samples", 500), ("data.samples", 520), ("data.noise", 0.1), ("training.parts", 2),
               ("training.clip", 1.0))
    asked = [apply(spirals(batch_size=256), {"kind": "set", "path": path, "value": value})
             for path, value in changes]
    assert len({wanted(begun_trainer(one)) for one in asked}) == len(asked)


def test_a_loss_of_next_to_nothing_is_not_compared_closer_than_it_is_rounded():
    plain = torch.tensor([2e-6, 1e-6])
    _same(lambda: list(plain), lambda: plain + 7.5e-9, "cpu")
    with pytest.raises(Problems, match="not compute the same"):
        _same(lambda: list(plain + 0.1), lambda: plain + 0.11, "cpu")


def test_restored_optimizers_are_found_again():
    trainer = begun_trainer(spirals())
    calls = attached(trainer)
    trainer.advance(2 * trainer.course.steps_per_epoch, 60)
    (optimizer,) = trainer.optimizers
    optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    before, called = trainer.step, len(calls)
    trainer.advance(2 * trainer.course.steps_per_epoch, 60)
    assert len(calls) > called
    assert {float(state["step"]) for state in optimizer.state.values()} == {trainer.step} != {before}


def test_what_remembers_the_most_is_restored_to_the_bit():
    experiment = spirals("muon", (HIDDEN, {"kind": "batch_norm1d"}, {"kind": "dropout"}, HIDDEN), average=6)
    whole, cut, again = (begun_trainer(experiment) for _ in range(3))
    attached(whole)
    attached(cut)
    for trainer in (whole, cut):
        torch.manual_seed(1)
        trainer.advance(30, 60)
    again.restore(copy.deepcopy(cut.state()))
    attached(again)
    for trainer in (whole, again):
        torch.manual_seed(2)
        trainer.advance(1_000_000, 60)
    assert whole.over
    assert again.over
    assert weights(whole.network).keys() == weights(again.network).keys()
    assert all(torch.equal(tensor, weights(again.network)[name])
               for name, tensor in weights(whole.network).items())


def test_weights_that_began_to_learn_later_are_told_apart():
    trainer = begun_trainer(spirals())
    run, _ = described(trainer.experiment)
    compiled = Compiled(lambda *call: run(*map(torch.as_tensor, call[:2]), *call[2]), whole=True)
    trainer.change("network.n0.frozen", True)
    trainer.advance(3, 60)
    trainer.change("network.n0.frozen", False)
    for _ in range(2):
        with pytest.raises(Problems, match="later than others"):
            Turbo(trainer, compiled)
        trainer.advance(1, 60)


def test_what_cannot_be_joined_is_refused_in_words():
    with pytest.raises(Problems, match="its own way"):
        wanted(begun_trainer(spirals("lbfgs")))


def test_steps_that_compute_something_else_are_found_out():
    trainer = begun_trainer(spirals())
    with pytest.raises(Problems, match="not compute the same"):
        gain(trainer, Compiled(lambda first, count, given: torch.ones(count), whole=True))


@pytest.mark.parametrize("experiment", [
    spirals(), apply(spirals("sgd"), {"kind": "set", "path": "training.optimizer.momentum", "value": 0})],
    ids=["adam", "sgd without memory"])
def test_tensors_are_looked_for_once_not_at_every_call(experiment, monkeypatch):
    times: list[object] = []
    look = Joined.bind
    monkeypatch.setattr(Joined, "bind", lambda joined: (times.append(joined), look(joined)))
    trainer = begun_trainer(experiment)
    calls = attached(trainer)
    trainer.advance(1_000_000, 60)
    assert len(calls) > 3
    assert len(times) == 1


@pytest.mark.parametrize(("rows", "inner", "columns"), [(10, 8, 8), (1, 1, 1), (7, 3, 2), (32, 64, 64)])
def test_spelled_out_products_are_those_of_torch(rows, inner, columns):
    one, other, added = torch.randn(rows, inner), torch.randn(inner, columns), torch.randn(columns)
    product, sum_of = (small_products()[operation] for operation in (torch.ops.aten.mm.default,
                                                                     torch.ops.aten.addmm.default))
    spelled_out = rows * inner * columns <= 1024
    assert (product(one, other) is not NotImplemented) == spelled_out
    if spelled_out:
        torch.testing.assert_close(product(one, other), one @ other)
        torch.testing.assert_close(sum_of(added, one, other), added + one @ other)



@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's compiler uses what torch deprecates
def test_compiled_steps_train_alike_and_leave_the_random_numbers_alone(tmp_path):
    experiment = spirals(layers=(HIDDEN, {"kind": "batch_norm1d"}, {"kind": "dropout"}), clip=0.5)
    build(experiment, 1, tmp_path / "steps.steps")
    plain, ours = begun_trainer(experiment), begun_trainer(experiment)
    random = torch.get_rng_state()
    assert gain(ours, loaded(tmp_path / "steps.steps")) > 0
    assert torch.equal(torch.get_rng_state(), random)
    ours.turbo = Turbo(ours, loaded(tmp_path / "steps.steps"))
    for trainer in (plain, ours):
        torch.set_rng_state(random)
        while not trainer.over:
            trainer.advance(1_000_000, 60)
    for name, tensor in weights(plain.network).items():
        torch.testing.assert_close(weights(ours.network)[name], tensor, rtol=1e-2, atol=1e-3)
