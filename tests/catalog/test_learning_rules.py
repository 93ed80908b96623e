"""Protects optimizers, losses, schedules and regularisations: each is what torch has under its name."""

import math

import pytest
import torch
from torch import nn
from torch.optim import SGD, lr_scheduler

from core.catalog.base import Task
from core.catalog.losses import LOSSES
from core.catalog.optimizers import OPTIMIZERS
from core.catalog.regularizations import REGULARIZATIONS
from core.catalog.schedules import SCHEDULES
from core.engine.build import module, resolved
from tests.catalog.corners import all_corners, corners, said

CLASSES = Task(kind="classification", outputs=3, classes=("a", "b", "c"))
VALUE = Task(kind="regression", outputs=1)
PER_EPOCH, TOTAL = 7, 70


@pytest.mark.parametrize("optimizer", all_corners(OPTIMIZERS), ids=said)
def test_torch_accepts_every_optimizer_at_every_corner(optimizer):
    net = nn.Linear(3, 2)
    for part in optimizer.parts():
        parameters = [net.weight] if part.parameters == "matrices" else list(net.parameters())
        made = resolved(part.call)(parameters, **part.call.kwargs)
        assert made.param_groups[0]["lr"] == optimizer.learning_rate


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda entry: entry.name())
def test_whatever_torch_computes_in_one_kernel_is_asked_for_so(optimizer):
    for part in optimizer(kind=optimizer.name()).parts():
        fusible = optimizer.name() in ("sgd", "adam", "adamw") or part.parameters == "others"
        assert part.call.kwargs.get("fused", False) == fusible


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda entry: entry.name())
def test_the_parts_of_an_optimizer_cover_every_parameter_once(optimizer):
    covered = sorted(part.parameters for part in optimizer(kind=optimizer.name()).parts())
    assert covered in (["all"], ["matrices", "others"])


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda entry: entry.name())
def test_what_torch_makes_room_for_at_the_first_step_only_is_said_and_nothing_else(optimizer):
    for part in optimizer(kind=optimizer.name()).parts():
        numbers = [name for name, value in part.call.kwargs.items() if isinstance(value, float)]
        lacking = {name for name in numbers if lacks_room(part.call, name)}
        assert lacking == {late.setting for late in part.late}


def lacks_room(call, name) -> bool:
    """Whether a rule whose setting was 0 at its first step cannot take another once it is more."""
    weight = nn.Parameter(torch.ones(2, 2))
    rule = resolved(call)([weight], **{**call.kwargs, name: 0.0})

    def closure() -> torch.Tensor:
        weight.grad = torch.ones(2, 2)
        return torch.tensor(1.0)

    rule.step(closure)
    rule.param_groups[0][name] = 0.5
    try:
        rule.step(closure)
    except KeyError:
        return True
    return False


@pytest.mark.parametrize("loss", all_corners(LOSSES), ids=said)
def test_every_loss_is_one_finite_number_with_a_slope(loss):
    for task in (CLASSES, VALUE):
        if task.kind not in loss.tasks:
            continue
        chosen = loss.for_task(task)
        outputs = torch.randn(5, chosen.outputs(task), generator=torch.Generator().manual_seed(0),
                              requires_grad=True)
        targets = torch.tensor([0, 1, 2, 1, 0]) if task.classes else torch.arange(5.0)[:, None]
        if task.classes and chosen.one_hot:
            targets = nn.functional.one_hot(targets, 3).float()
        value = module(chosen.call())(outputs, targets)
        value.backward()
        assert value.ndim == 0
        assert math.isfinite(value.item())
        assert outputs.grad is not None
        assert outputs.grad.abs().sum() > 0


@pytest.mark.parametrize("loss", all_corners(LOSSES), ids=said)
def test_right_answers_cost_less_than_wrong_ones(loss):
    task = CLASSES if "classification" in loss.tasks else VALUE
    chosen = loss.for_task(task)
    targets = torch.tensor([0, 1, 2]) if task.classes else torch.tensor([[0.0], [1.0], [2.0]])
    right = nn.functional.one_hot(targets, 3).float() if task.classes else targets
    read = right if task.classes and chosen.one_hot else targets
    if chosen.outputs(task) == 2:
        right = torch.cat([right, torch.zeros(3, 1)], dim=1)
    cost = module(chosen.call())
    assert cost(right, read) < cost(right.roll(1, 0), read)


TORCH_SCHEDULES = {
    "constant": lambda optimizer, entry: lr_scheduler.ConstantLR(optimizer, factor=1.0),
    "step": lambda optimizer, entry: lr_scheduler.StepLR(optimizer, entry.epochs * PER_EPOCH, entry.factor),
    "multi_step": lambda optimizer, entry: lr_scheduler.MultiStepLR(
        optimizer, [round(TOTAL * entry.first), round(TOTAL * entry.second)], entry.factor),
    "exponential": lambda optimizer,
    entry: lr_scheduler.ExponentialLR(optimizer, entry.factor ** (1 / PER_EPOCH)),
    "cosine": lambda optimizer, entry: lr_scheduler.CosineAnnealingLR(optimizer, TOTAL - 1, entry.floor),
    "cosine_restarts": lambda optimizer, entry: lr_scheduler.CosineAnnealingWarmRestarts(
        optimizer, entry.epochs * PER_EPOCH, eta_min=entry.floor),
    "linear_warmup": lambda optimizer, entry: lr_scheduler.LinearLR(
        optimizer, 1 / (entry.epochs * PER_EPOCH), 1.0, entry.epochs * PER_EPOCH - 1),
    "polynomial": lambda optimizer, entry: lr_scheduler.PolynomialLR(optimizer, TOTAL, entry.power),
}


@pytest.mark.parametrize("schedule",
                         all_corners(tuple(entry for entry in SCHEDULES if entry.name() in TORCH_SCHEDULES)),
                         ids=said)
def test_a_schedule_is_torchs_of_the_same_name(schedule):
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    oracle = TORCH_SCHEDULES[schedule.kind](optimizer, schedule)
    recipe = schedule.curve(PER_EPOCH, TOTAL)
    for step in range(1, TOTAL + 1):
        assert math.isclose(recipe.function(step, [], **recipe.kwargs), optimizer.param_groups[0]["lr"],
                            rel_tol=1e-6, abs_tol=1e-9), f"step {step}"
        optimizer.step()
        oracle.step()


@pytest.mark.parametrize("schedule", [entry for entry in SCHEDULES if entry.name() == "plateau"])
@pytest.mark.parametrize("losses", [[3, 2, 1, 1, 1, 1, 1, 1], [1.0] * 20, [5, 4, 3, 2, 1],
                                    [1, math.nan, math.nan, 0.5]])
def test_a_plateau_drops_when_torchs_does(schedule, losses):
    for entry in (schedule(kind=schedule.name(), patience=patience, factor=0.5) for patience in (0, 1, 2)):
        optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
        oracle = lr_scheduler.ReduceLROnPlateau(optimizer, patience=entry.patience, factor=0.5, threshold=0.0)
        recipe = entry.curve(PER_EPOCH, TOTAL)
        for seen in range(1, len(losses) + 1):
            oracle.step(losses[seen - 1])
            assert recipe.function(seen, losses[:seen], **recipe.kwargs) == optimizer.param_groups[0]["lr"]


@pytest.mark.parametrize("schedule", all_corners(SCHEDULES), ids=said)
@pytest.mark.parametrize("total", [1, 2, 70])
def test_a_schedules_factor_stays_between_nothing_and_the_full_rate(schedule, total):
    recipe = schedule.curve(PER_EPOCH, total)
    factors = [recipe.function(step, [1.0] * step, **recipe.kwargs) for step in range(1, total + 10)]
    assert all(0 <= factor <= 1 for factor in factors)


@pytest.mark.parametrize("schedule", [entry for entry in SCHEDULES if not entry.needs_end],
                         ids=lambda e: e.name())
def test_a_schedule_that_needs_no_end_works_without_one(schedule):
    for entry in corners(schedule):
        recipe = entry.curve(PER_EPOCH, None)
        assert all(0 <= recipe.function(step, [], **recipe.kwargs) <= 1 for step in (1, 10**6, 10**9))


def test_one_cycle_rises_to_the_full_rate_and_falls_to_nearly_nothing():
    (entry,) = (entry for entry in SCHEDULES if entry.name() == "one_cycle")
    recipe = entry(kind="one_cycle").curve(PER_EPOCH, 1001)
    factors = [recipe.function(step, [], **recipe.kwargs) for step in range(1, 1002)]
    assert max(factors) == pytest.approx(1)
    assert factors.index(max(factors)) == 300
    assert factors[0] == pytest.approx(1 / 25)
    assert factors[-1] == pytest.approx(1e-4)


@pytest.mark.parametrize("penalty", all_corners(REGULARIZATIONS), ids=said)
def test_a_penalty_is_a_power_and_a_strength_or_nothing(penalty):
    priced = penalty.penalty()
    assert priced is None or (priced[0] in (1, 2) and priced[1] == penalty.strength)
