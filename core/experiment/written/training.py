"""The training as functions: its constants, the judgement, the loop."""

from core.catalog.base import Dataset
from core.catalog.metrics import metrics
from core.experiment.carry import Carrier
from core.experiment.check import steps_per_epoch
from core.experiment.model import Experiment, Training
from core.experiment.replay import History
from core.experiment.written import averaging
from core.experiment.written.data import scaled_targets
from core.experiment.written.fill import fill
from core.experiment.written.steered import Steered, curve


def constants(steered: Steered, history: History) -> list[str]:
    """What a reader may want to change."""
    experiment = steered.experiment
    training = experiment.training
    penalty = training.regularization.penalty()
    lines = [f"SEED = {training.seed!r}  # draws the first weights and the order of the samples",
             f"BATCH_SIZE = {training.batch_size!r}"]
    if not steered.anew and _leaves_out(experiment):
        steps = steps_per_epoch(experiment)
        lines.append(f"STEPS_PER_EPOCH = {steps}  # a last batch of one sample is left out")
    lines.append(f"EPOCHS = {training.epochs!r}" + ("  # until Ctrl+C" if training.epochs is None else ""))
    if history.stopped is not None:
        lines.append(f"STOP = {history.stopped!r}  # the step after which the run was stopped by hand")
    lines += [f"{name.upper()} = {getattr(training, name)!r}  # {words}"
              for name, words in asked(steered).items()]
    lines.append(f"LEARNING_RATE = {training.optimizer.learning_rate!r}")
    if penalty:
        lines.append(f"PENALTY = {penalty[1]!r}")
    pins = f"DEVICE, THREADS = {history.device!r}, {history.threads!r}  # others round sums differently"
    apart = [f"# {said} Its losses after that are not repeated to the last digit." for said in history.apart]
    return [*lines, pins, *apart]


def asked(steered: Steered) -> dict[str, str]:
    """Constants of what is off unless it was asked for, by the setting, and what each does."""
    training, found = steered.experiment.training, dict[str, str]()
    if training.clip is not None:
        found["clip"] = "the largest length of all gradients together"
    if training.parts > 1:
        found["parts"] = "parts a batch is worked off in"
    if training.average is not None:
        found["average"] = "steps whose weights are averaged, about"
    if training.patience is not None:
        found["patience"] = "epochs without improvement after which it ends"
    if steered.ever(_watched):
        found["margin"] = "a validation loss must be lower by more to be better"
    return found


def _watched(training: Training) -> bool:
    """Whether the best judgement matters."""
    return training.patience is not None or training.keep == "best"


def _keeps(training: Training) -> bool:
    return training.keep == "best"


def judge(data: Dataset, outputs: int, carrier: Carrier) -> str:
    """The function `judge`. outputs: how many numbers the network puts out."""
    part = f"[:, :{data.task.outputs}]" if outputs != data.task.outputs else ""
    unscaled = ['mean, std = scale(data["train"][2])', "predicted = predicted * std + mean"]
    scores = [f'"{metric.kind}": {carrier.recipe(metric.recipe(), "predicted", "truth")},'
              for metric in metrics(data.task)]
    return fill(_JUDGE, part=part, unscaled=unscaled if scaled_targets(data) else [], scores=scores)


def train(steered: Steered, carrier: Carrier) -> str:
    """The function `train`."""
    judged, shuffle = _judged(steered, carrier), carrier.borrow("shuffle")
    stopping, late = _stopping(steered), steered.stops_after_epoch() and steered.ever(_keeps)
    return fill(
        _TRAIN, going_on=_going_on(steered), order=_order(steered, shuffle), each=_each(steered),
        never=["if STOP == 0:", *(f"    {line}" for line in steered.replay("1")), "    return"]
        if steered.stopped == 0 else [],
        watched=_WATCHED[:1 + steered.ever(_keeps)] if steered.ever(_watched) else [],
        meaning=averaging.begun(steered), beginning=_beginning(steered),
        setting=_setting(steered, carrier), updating="now.update" if "update" in steered.varied else "update",
        averaging=averaging.taken(steered), stopping=[] if late else stopping, again=_again(steered),
        judged=judged, stopping_late=stopping if late else [], waiting=_waiting(steered),
        kept=_kept(steered))


def _going_on(steered: Steered) -> str:
    return "now.epochs is None or epoch < now.epochs" if "epochs" in steered.varied else "epoch != EPOCHS"


def _order(steered: Steered, shuffle: str) -> list[str]:
    """The batches of an epoch."""
    size = steered.name("batch_size")
    if not steered.anew:
        return fill(_ORDER, shuffle=shuffle, size=size).splitlines()
    leaving = any(map(_leaves_out, steered.experiments()))
    return fill(_ORDER_ANEW, shuffle=shuffle, size=size,
                leaving=fill(_LEAVING, size=size) if leaving else []).splitlines()


def _each(steered: Steered) -> str:
    if steered.anew:
        return "place, (batch, wanted) in enumerate(batches, 1)"
    return "batch, wanted in " + ("list(batches)[:STEPS_PER_EPOCH]" if _leaves_out(steered.experiment)
                                  else "batches")


def _beginning(steered: Steered) -> list[str]:
    """The beginning of a step: what was changed by hand before it."""
    if not steered.anew:
        return ["step += 1", *steered.replay("step")]
    return [*steered.replay("step + 1"), *fill(_BEGINNING_ANEW).splitlines()]


def _setting(steered: Steered, carrier: Carrier) -> list[str]:
    step = "scheduled" if steered.anew else "step"
    factor = f"now.factor({step}, validation_losses)" if "factor" in steered.varied else (
        carrier.recipe(curve(steered.experiment), step, "validation_losses"))
    return [f"set_rate(optimizers, {steered.now('learning_rate')} * {factor})"]


def _stopping(steered: Steered) -> list[str]:
    if not steered.stopped:
        return []
    kept = averaging.settled(steered) if steered.forgets_at_last() else _kept(steered)
    return ["if step == STOP:", *(f"    {line}" for line in (*steered.replay("step + 1"), *kept, "return"))]


def _again(steered: Steered) -> list[str]:
    """What is done when an epoch begins anew."""
    if not steered.anew:
        return []
    forgotten = [*([_LOWEST] if steered.ever(_watched) else []),
                 *(["best.clear()"] if steered.ever(_keeps) else [])]
    return fill(_AGAIN, forgotten=forgotten).splitlines()


def _judged(steered: Steered, carrier: Carrier) -> str:
    judged = fill(_JUDGED, watching=_watching(steered), swapping=averaging.swapped(steered),
                  back=averaging.back(steered))
    if all(_always_due(one, carrier) for one in steered.experiments()):
        return judged
    return fill(_JUDGED_WHEN_DUE, due=carrier.borrow("due"), judged=judged, epochs=steered.name("epochs"))


def _watching(steered: Steered) -> list[str]:
    """Takes note of the best judgement."""
    if not steered.ever(_watched):
        return []
    copied = ["best = {name: tensor.clone() for name, tensor in net.state_dict().items()}"]
    if "keep" in steered.varied:
        copied = ['if now.keep == "best":', f"    {copied[0]}"]
    return [f'if scores["loss"] < lowest - {steered.name("margin")}:',
            '    lowest, lowest_epoch = scores["loss"], epoch',
            *(f"    {line}" for line in copied if steered.ever(_keeps))]


def _waiting(steered: Steered) -> list[str]:
    """Ends the training when it has waited long enough."""
    if not steered.ever(lambda training: training.patience is not None):
        return []
    asked = "now.patience is not None and " if "patience" in steered.varied else ""
    return [f"if {asked}epoch - lowest_epoch >= {steered.name('patience')}:", "    break"]


def _kept(steered: Steered) -> list[str]:
    """Puts the weights in place that the training ends with."""
    best = 'now.keep == "best" and best' if "keep" in steered.varied else "best"
    return [*averaging.settled(steered),
            *([f"if {best}:", "    net.load_state_dict(best)"] if steered.ever(_keeps) else [])]


_LOWEST = 'lowest, lowest_epoch = float("inf"), 0'
_WATCHED = [_LOWEST, "best: dict[str, Tensor] = {}"]


def main(steered: Steered) -> str:
    """The function `main`, and its call."""
    task, rules = steered.experiment.data.task, steered.experiment.training
    loss = "now.loss" if "loss" in steered.varied else "loss_of"
    weighed = [f'{loss}.weigh(data["train"][1], {len(task.classes)})']
    endless = steered.ever(lambda training: training.epochs is None)
    return fill(_MAIN, weighed=weighed if rules.loss.for_task(task).weighed else [],
                training=_TRAINING_TILL_TOLD.strip("\n") if endless else _TRAINING)


def _leaves_out(experiment: Experiment) -> bool:
    return -(-experiment.data.sizes().train // experiment.training.batch_size) > steps_per_epoch(experiment)


def _always_due(experiment: Experiment, carrier: Carrier) -> bool:
    """Whether every epoch of the run is judged, so that the rule for it need not be told."""
    epochs = experiment.training.epochs
    return epochs is not None and epochs < 1000 and all(map(carrier.lent["due"], range(1, epochs + 1)))


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
    while $going_on:
        epoch += 1
        $order
        for $each:
            $beginning
            $setting
            loss = $updating(net, optimizers, batch, wanted)
            $averaging
            if first:
                print(loss.item())
            if step == first:
                return
            $stopping
        $again
        if not loss.isfinite():
            raise SystemExit(f"The loss became {loss.item()} in epoch {epoch}. Lower the learning rate.")
        $judged
        $stopping_late
        $waiting
    $kept
'''

_ORDER = '''
order = $shuffle(len(inputs), SEED, epoch).to(inputs.device)
batches = zip(inputs[order].split($size), targets[order].split($size), strict=True)
'''

_ORDER_ANEW = '''
order = $shuffle(len(inputs), SEED, epoch).to(inputs.device)
parts = inputs[order].split($size), targets[order].split($size)
batches = list(zip(*parts, strict=True))
$leaving
'''

_LEAVING = '''
if len(inputs) % $size == 1:
    batches.pop()  # a last batch of one sample is left out
'''

_BEGINNING_ANEW = '''
if now.anew:
    break
step += 1
scheduled = (epoch - 1) * len(batches) + place  # the step, had all epochs been this long
'''

_AGAIN = '''
if now.anew:  # this epoch from its beginning; what was judged before cannot be compared with what comes
    now.anew, epoch = False, epoch - 1
    validation_losses.clear()
    $forgotten
    continue
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
if epoch == $epochs or $due(epoch):
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
