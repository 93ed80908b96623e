"""The training loop as the function `train`."""

from core.experiment.carry import Carrier
from core.experiment.model import Experiment, Training
from core.experiment.written import averaging
from core.experiment.written.fill import fill
from core.experiment.written.steered import Steered, curve
from core.experiment.written.training import leaves_out, watched


def train(steered: Steered, carrier: Carrier) -> str:
    """The function `train`."""
    judged, shuffle = _judged(steered, carrier), carrier.borrow("shuffle")
    stopping, late = _stopping(steered), steered.stops_after_epoch() and steered.ever(_keeps)
    return fill(
        _TRAIN, going_on=_going_on(steered), order=_order(steered, shuffle), each=_each(steered),
        never=["if STOP == 0:", *(f"    {line}" for line in steered.replay("1")), "    return"]
        if steered.stopped == 0 else [],
        watched=_WATCHED[:1 + steered.ever(_keeps)] if steered.ever(watched) else [],
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
    leaving = any(map(leaves_out, steered.experiments()))
    return fill(_ORDER_ANEW, shuffle=shuffle, size=size,
                leaving=fill(_LEAVING, size=size) if leaving else []).splitlines()


def _each(steered: Steered) -> str:
    if steered.anew:
        return "place, (batch, wanted) in enumerate(batches, 1)"
    return "batch, wanted in " + ("list(batches)[:STEPS_PER_EPOCH]" if leaves_out(steered.experiment)
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
    forgotten = [*([_LOWEST] if steered.ever(watched) else []),
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
    if not steered.ever(watched):
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


def _keeps(training: Training) -> bool:
    return training.keep == "best"


def _always_due(experiment: Experiment, carrier: Carrier) -> bool:
    """Whether every epoch of the run is judged, so that the rule for it need not be told."""
    epochs = experiment.training.epochs
    return epochs is not None and epochs < 1000 and all(map(carrier.lent["due"], range(1, epochs + 1)))


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
if now.anew:  # this epoch from its beginning, and what was judged before is forgotten
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
