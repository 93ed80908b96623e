"""The training as functions: optimizers, the price on weights, one step, the judgement, the loop."""

from core.catalog.base import Call, Dataset, Optimizer
from core.catalog.metrics import metrics
from core.experiment.carry import Carrier
from core.experiment.check import steps_per_epoch, total_steps
from core.experiment.model import Experiment, Training
from core.experiment.replay import History
from core.experiment.written.data import scaled_targets
from core.experiment.written.fill import fill


class Word(str):
    """An expression: its repr is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def constants(experiment: Experiment, history: History) -> list[str]:
    """What a reader may want to change."""
    training = experiment.training
    penalty = training.regularization.penalty()
    lines = [f"SEED = {training.seed!r}  # draws the first weights and the order of the samples",
             f"BATCH_SIZE = {training.batch_size!r}"]
    if _leaves_out(experiment):
        steps = steps_per_epoch(experiment)
        lines.append(f"STEPS_PER_EPOCH = {steps}  # a last batch of one sample is left out")
    lines.append(f"EPOCHS = {training.epochs!r}" + ("  # until Ctrl+C" if training.epochs is None else ""))
    if history.stopped is not None:
        lines.append(f"STOP = {history.stopped!r}  # the step after which the run was stopped by hand")
    lines += [f"{name} = {value!r}  # {words}" for name, value, words in _asked(training)]
    lines.append(f"LEARNING_RATE = {training.optimizer.learning_rate!r}")
    if penalty:
        lines.append(f"PENALTY = {penalty[1]!r}")
    pins = f"DEVICE, THREADS = {history.device!r}, {history.threads!r}  # others round sums differently"
    apart = [f"# {said} Its losses after that are not repeated to the last digit." for said in history.apart]
    return [*lines, pins, *apart]


def _asked(training: Training) -> list[tuple[str, float | int, str]]:
    """Constants of what is off unless it was asked for: name, value, and what it does."""
    asked: list[tuple[str, float | int, str]] = []
    if training.clip is not None:
        asked.append(("CLIP", training.clip, "the largest length of all gradients together"))
    if training.parts > 1:
        asked.append(("PARTS", training.parts, "parts a batch is worked off in"))
    if training.average is not None:
        asked.append(("AVERAGE", training.average, "steps whose weights are averaged, about"))
    if training.patience is not None:
        asked.append(("PATIENCE", training.patience, "epochs without improvement after which it ends"))
    if _watched(training):
        asked.append(("MARGIN", training.margin, "a validation loss must be lower by more to be better"))
    return asked


def _watched(training: Training) -> bool:
    """Whether the best judgement matters."""
    return training.patience is not None or training.keep == "best"


def optimizers(rule: Optimizer) -> str:
    """The functions `make_optimizers` and `set_rate`."""
    parts = [(part.parameters, _with_rate(part.call, rule)) for part in rule.parts()]
    if all(which == "all" for which, _ in parts):
        calls = [call.source("net.parameters()") + "," for _, call in parts]
        return fill(_ONE_RULE, calls=calls) + _SET_RATE
    added: list[str] = []
    for which, call in parts:
        name, _, words = call.source(which).partition("(")
        added += [f"if {which}:", f"    rules.append({name}(", f"        {words})"]
    return fill(_TWO_RULES, added=added) + _SET_RATE


def penalty(power: int, strength: str) -> str:
    """The function `penalty`. strength: an expression."""
    size, words = ("weight.abs().sum()", "the sizes of all weights") if power == 1 else (
        "weight.square().sum() / 2", "half the squares of all weights")
    return fill(_PENALTY, size=size, words=words, strength=strength)


def update(rules: Training, priced: bool) -> str:
    """The function `update`, one step."""
    backward = (_backward_in_parts if rules.parts > 1 else _backward)(priced)
    if rules.clip is not None:
        backward.append("nn.utils.clip_grad_norm_(net.parameters(), CLIP)")
    return fill(_SEARCHING_UPDATE if rules.optimizer.closure else _UPDATE, backward=backward)


def _backward(priced: bool) -> list[str]:
    total = "(loss + penalty(net))" if priced else "loss"
    return ["loss = loss_of(net(inputs), targets)", f"{total}.backward()"]


def _backward_in_parts(priced: bool) -> list[str]:
    return [*_PARTS.strip("\n").splitlines(), *(["penalty(net).backward()"] if priced else [])]


def judge(data: Dataset, outputs: int, carrier: Carrier) -> str:
    """The function `judge`. outputs: how many numbers the network puts out."""
    part = f"[:, :{data.task.outputs}]" if outputs != data.task.outputs else ""
    unscaled = ['mean, std = scale(data["train"][2])', "predicted = predicted * std + mean"]
    scores = [f'"{metric.kind}": {carrier.recipe(metric.recipe(), "predicted", "truth")},'
              for metric in metrics(data.task)]
    return fill(_JUDGE, part=part, unscaled=unscaled if scaled_targets(data) else [], scores=scores)


def train(experiment: Experiment, steered: bool, stopped: int | None, carrier: Carrier) -> str:
    """The function `train`. steered: whether anything was changed by hand. stopped: the step it ended so."""
    curve = experiment.training.schedule.curve(steps_per_epoch(experiment), total_steps(experiment))
    rules = experiment.training
    kept = ["net.load_state_dict(net.state_dict() | mean)"] if rules.average else []
    kept += ["if best:", "    net.load_state_dict(best)"] if rules.keep == "best" else []
    last = ["    replay(net, optimizers, step + 1)"] if steered else []
    last += [f"    {line}" for line in kept]
    judged = fill(_JUDGED, watching=_watching(rules), swapping=_SWAPPING if rules.average else [],
                  back=_BACK if rules.average else [])
    if not _always_due(experiment, carrier):
        judged = fill(_JUDGED_WHEN_DUE, due=carrier.borrow("due"), judged=judged)
    return fill(
        _TRAIN, shuffle=carrier.borrow("shuffle"), judged=judged,
        never=["if STOP == 0:", *(["    replay(net, optimizers, 1)"] if steered else []), "    return"]
        if stopped == 0 else [],
        watched=_WATCHED[:1 + (rules.keep == "best")] if _watched(rules) else [], kept=kept,
        meaning=_MEAN if rules.average else [], averaging=_AVERAGING if rules.average else [],
        waiting=["if epoch - lowest_epoch >= PATIENCE:", "    break"] if rules.patience is not None else [],
        stopping=["if step == STOP:", *last, "    return"] if stopped else [],
        batches="list(batches)[:STEPS_PER_EPOCH]" if _leaves_out(experiment) else "batches",
        replay=["replay(net, optimizers, step)"] if steered else [],
        base='now["learning_rate"]' if steered else "LEARNING_RATE",
        factor=carrier.recipe(curve, "step", "validation_losses"))


_MEAN = ["state = net.state_dict().items()",
         "mean = {name: tensor.clone() for name, tensor in state if tensor.is_floating_point()}"]
_AVERAGING = ["for name, average in mean.items():",
              "    average.lerp_(net.state_dict()[name], 1 / min(step, AVERAGE))"]
_SWAPPING = ["live = {name: tensor.clone() for name, tensor in net.state_dict().items()}",
             "net.load_state_dict(live | mean)"]
_BACK = ["net.load_state_dict(live)"]
_WATCHED = ['lowest, lowest_epoch = float("inf"), 0', "best: dict[str, Tensor] = {}"]


def _watching(rules: Training) -> list[str]:
    """Takes note of the best judgement."""
    if not _watched(rules):
        return []
    copied = "    best = {name: tensor.clone() for name, tensor in net.state_dict().items()}"
    return ['if scores["loss"] < lowest - MARGIN:', '    lowest, lowest_epoch = scores["loss"], epoch',
            *([copied] if rules.keep == "best" else [])]


def main(endless: bool, classes: int | None) -> str:
    """The function `main`, and its call. classes: how many the loss counts first; None when it need not."""
    weighed = [] if classes is None else [f'loss_of.weigh(data["train"][1], {classes})']
    return fill(_MAIN, weighed=weighed, training=_TRAINING_TILL_TOLD.strip("\n") if endless else _TRAINING)


def _with_rate(call: Call, rule: Optimizer) -> Call:
    """The call with the rate by its name."""
    rate = {"lr": Word("LEARNING_RATE")} if call.kwargs.get("lr") == rule.learning_rate else {}
    return Call(call.target, call.kwargs | rate)


def _leaves_out(experiment: Experiment) -> bool:
    return -(-experiment.data.sizes().train // experiment.training.batch_size) > steps_per_epoch(experiment)


def _always_due(experiment: Experiment, carrier: Carrier) -> bool:
    """Whether every epoch of the run is judged, so that the rule for it need not be told."""
    epochs = experiment.training.epochs
    return epochs is not None and epochs < 1000 and all(map(carrier.lent["due"], range(1, epochs + 1)))


_ONE_RULE = '''
def make_optimizers(net: Net) -> list[optim.Optimizer]:
    """The rule that turns gradients into updates."""
    return [
        $calls
    ]
'''

_TWO_RULES = '''
def make_optimizers(net: Net) -> list[optim.Optimizer]:
    """The rules that turn gradients into updates, one for hidden matrices and one for all else."""
    hidden = [part for layer in list(net.children())[:-1] for part in layer.modules()]
    matrices = [part.weight for part in hidden if isinstance(part, nn.Linear)]
    others = [p for p in net.parameters() if not any(p is matrix for matrix in matrices)]
    rules: list[optim.Optimizer] = []
    $added
    return rules
'''

_SET_RATE = '''


def set_rate(optimizers: list[optim.Optimizer], rate: float) -> None:
    """Use this learning rate from now on."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate'''

_PENALTY = '''
def penalty(net: Net) -> Tensor:
    """The price on large weights: $words, added up, times a strength."""
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    return $strength * torch.stack([$size for weight in weights]).sum()
'''

_UPDATE = '''
def update(net: Net, optimizers: list[optim.Optimizer], inputs: Tensor, targets: Tensor) -> Tensor:
    """One step: how wrong is it, which way is better, a little of that way. Returns the loss before."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    $backward
    for optimizer in optimizers:
        optimizer.step()
    return loss.detach()
'''

_PARTS = '''
each: list[Tensor] = []
count = max(min(PARTS, len(inputs) // 2), 1)
for some, those in zip(inputs.tensor_split(count), targets.tensor_split(count), strict=True):
    part = loss_of(net(some), those) * (len(some) / len(inputs))
    part.backward()
    each.append(part.detach())
loss = torch.stack(each).sum()
'''

_SEARCHING_UPDATE = '''
def update(net: Net, optimizers: list[optim.Optimizer], inputs: Tensor, targets: Tensor) -> Tensor:
    """One step of a rule that asks for the loss several times. Returns the loss before."""
    losses: list[Tensor] = []

    def closure() -> Tensor:
        for optimizer in optimizers:
            optimizer.zero_grad()
        $backward
        losses.append(loss.detach())
        return losses[-1]

    for optimizer in optimizers:
        optimizer.step(closure)
    return losses[0]
'''

_JUDGE = '''
@torch.inference_mode()
def judge(net: Net, data: dict[str, Part], split: str) -> dict[str, float]:
    """Loss and metrics on one split, with nothing left to chance in the network."""
    inputs, targets, truth = data[split]
    net.eval()
    outputs = torch.cat([net(batch) for batch in inputs.split(1024)])
    net.train()
    predicted = outputs.float().cpu().numpy()$part
    $unscaled
    return {
        "loss": loss_of(outputs, targets).item(),
        $scores
    }


def rounded(scores: dict[str, float]) -> dict[str, float]:
    """Scores for a reader."""
    return {name: round(score, 4) for name, score in scores.items()}
'''

_TRAIN = '''
def train(net: Net, data: dict[str, Part], first: int | None) -> None:
    """Train the network; with `first`, print the losses of so many steps and end."""
    inputs, targets, _ = data["train"]
    optimizers = make_optimizers(net)
    validation_losses: list[float] = []
    epoch = step = 0
    $watched
    $meaning
    $never
    while epoch != EPOCHS:
        epoch += 1
        order = $shuffle(len(inputs), SEED, epoch).to(inputs.device)
        batches = zip(inputs[order].split(BATCH_SIZE), targets[order].split(BATCH_SIZE), strict=True)
        for batch, wanted in $batches:
            step += 1
            $replay
            set_rate(optimizers, $base * $factor)
            loss = update(net, optimizers, batch, wanted)
            $averaging
            if first:
                print(loss.item())
            if step == first:
                return
            $stopping
        if not loss.isfinite():
            raise SystemExit(f"The loss became {loss.item()} in epoch {epoch}. Lower the learning rate.")
        $judged
        $waiting
    $kept
'''

_JUDGED = '''
$swapping
scores = judge(net, data, "validation")
validation_losses.append(scores["loss"])
$watching
$back
if not first:
    print(f"epoch {epoch}, step {step}: loss {loss.item():.4f}; validation", rounded(scores))
'''

_JUDGED_WHEN_DUE = '''
if epoch == EPOCHS or $due(epoch):
    $judged
'''

_TRAINING = "train(net, data, options.losses)"

_TRAINING_TILL_TOLD = '''
try:
    train(net, data, options.losses)
except KeyboardInterrupt:
    print("Stopped.")
'''

_MAIN = '''
def main() -> None:
    """Read the command line, train, and judge once on the test split."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--losses", type=int, metavar="N", help="print the first N steps' losses, and end")
    parser.add_argument("--save", metavar="FILE", help="write the trained weights there, for torch.load")
    parser.add_argument("--device", default=DEVICE, help="where to compute: cpu, cuda or mps")
    options = parser.parse_args()
    if not options.losses:
        print(NAME)
    torch.set_num_threads(THREADS)
    data = load(options.device)
    $weighed
    torch.manual_seed(SEED)
    net = Net().to(options.device)
    $training
    if not options.losses:
        print("test", judge(net, data, "test"))
    if options.save:
        torch.save(net.state_dict(), options.save)


if __name__ == "__main__":
    main()
'''
