"""The training as constants, and the functions around it: the judgement, and `main`."""

from core.catalog.base import Dataset
from core.catalog.metrics import metrics
from core.experiment.carry import Carrier
from core.experiment.check import steps_per_epoch
from core.experiment.model import Experiment, Training
from core.experiment.replay import History
from core.experiment.written.data import scaled_targets
from core.experiment.written.fill import fill
from core.experiment.written.steered import Steered


def constants(steered: Steered, history: History) -> list[str]:
    """What a reader may want to change."""
    experiment = steered.experiment
    training = experiment.training
    penalty = training.regularization.penalty()
    lines = [f"SEED = {training.seed!r}  # draws the first weights and the order of the samples",
             f"BATCH_SIZE = {training.batch_size!r}"]
    if not steered.anew and leaves_out(experiment):
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
    if steered.ever(watched):
        found["margin"] = "a validation loss must be lower by more to be better"
    return found


def watched(training: Training) -> bool:
    """Whether the best judgement matters."""
    return training.patience is not None or training.keep == "best"


def judge(data: Dataset, outputs: int, carrier: Carrier) -> str:
    """The function `judge`. outputs: how many numbers the network puts out."""
    part = f"[:, :{data.task.outputs}]" if outputs != data.task.outputs else ""
    unscaled = ['mean, std = scale(data["train"][2])', "predicted = predicted * std + mean"]
    scores = [f'"{metric.kind}": {carrier.recipe(metric.recipe(), "predicted", "truth")},'
              for metric in metrics(data.task)]
    return fill(_JUDGE, part=part, unscaled=unscaled if scaled_targets(data) else [], scores=scores)


def main(steered: Steered) -> str:
    """The function `main`, and its call."""
    task, rules = steered.experiment.data.task, steered.experiment.training
    loss = "now.loss" if "loss" in steered.varied else "loss_of"
    weighed = [f'{loss}.weigh(data["train"][1], {len(task.classes)})']
    endless = steered.ever(lambda training: training.epochs is None)
    return fill(_MAIN, weighed=weighed if rules.loss.for_task(task).weighed else [],
                training=_TRAINING_TILL_TOLD.strip("\n") if endless else _TRAINING)


def leaves_out(experiment: Experiment) -> bool:
    """Whether a last batch of one sample is left out of every epoch."""
    return -(-experiment.data.sizes().train // experiment.training.batch_size) > steps_per_epoch(experiment)


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
