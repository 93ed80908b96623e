"""Trains a neural network exactly as Layerscope did, without Layerscope.

python script.py               train, then judge the network on samples it has never seen
python script.py --losses 20   print the losses of the first 20 steps, and end
python script.py --save FILE   train, judge, and write the weights to a file
"""

import argparse
import math

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor, nn, optim

NAME = 'untitled'
VALIDATION, TEST = 100, 100  # samples kept aside, of 500
SPLIT_SEED = 0  # draws which ones
SEED = 0  # draws the first weights and the order of the samples
BATCH_SIZE = 16
EPOCHS = 8
LEARNING_RATE = 0.003
PENALTY = 0.001
DEVICE, THREADS = 'cpu', 1  # others round sums differently


def moons(samples: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two half moons that reach into each other."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % 2
    angle = rng.uniform(0, np.pi, samples)
    x1 = np.where(labels == 0, np.cos(angle), 1 - np.cos(angle)) - 0.5
    x2 = np.where(labels == 0, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return np.stack([x1, x2], axis=1) / 1.6 + rng.normal(0, noise, (samples, 2)), labels


def plane_features(points: np.ndarray, features: list[str]) -> np.ndarray:
    """What the network is shown of each point. points: (n, 2). Result: (n, features) float32."""
    x1, x2 = points[:, 0], points[:, 1]
    columns = {"x1": x1, "x2": x2, "x1_squared": x1**2, "x2_squared": x2**2, "x1_x2": x1 * x2,
               "sin_x1": np.sin(6 * x1), "sin_x2": np.sin(6 * x2)}
    return np.stack([columns[name] for name in features], axis=1).astype(np.float32)


def samples() -> tuple[np.ndarray, np.ndarray]:
    """All samples: inputs (samples, 2) and class numbers (samples,)."""
    inputs, targets = moons(samples=500, noise=0.02, seed=0)
    return plane_features(inputs, features=['x1', 'x2']), targets.astype(np.int64)


Part = tuple[Tensor, Tensor, np.ndarray]  # inputs, targets for the loss, targets as they are


def load(device: str) -> dict[str, Part]:
    """The data in three splits, each with the same share of every class."""
    inputs, targets = samples()
    everything = np.arange(len(targets))
    rest, test = train_test_split(everything, test_size=TEST, random_state=SPLIT_SEED, stratify=targets)
    train, validation = train_test_split(
        rest, test_size=VALIDATION, random_state=SPLIT_SEED, stratify=targets[rest])
    x = torch.from_numpy(inputs).to(device)
    y = torch.from_numpy(targets).to(device)
    rows = {"train": train, "validation": validation, "test": test}
    return {name: (x[row], y[row], targets[row]) for name, row in rows.items()}


class Net(nn.Module):
    """The network. Comments tell the shape of one sample after each layer.

    Weights that Layerscope exported fit it: net.load_state_dict(safetensors.torch.load_file("…")).
    """

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(in_features=2, out_features=6), nn.ReLU())
        self.out = nn.Sequential(nn.Linear(in_features=6, out_features=2))

    def forward(self, x: Tensor) -> Tensor:
        # 2 features
        x = self.hidden(x)  # 6 features
        x = self.out(x)  # 2 features
        return x


loss_of = nn.CrossEntropyLoss()


def make_optimizers(net: Net) -> list[optim.Optimizer]:
    """The rules that turn gradients into updates, one for hidden matrices and one for all else."""
    hidden = [part for layer in list(net.children())[:-1] for part in layer.modules()]
    matrices = [part.weight for part in hidden if isinstance(part, nn.Linear)]
    others = [p for p in net.parameters() if not any(p is matrix for matrix in matrices)]
    rules: list[optim.Optimizer] = []
    if matrices:
        rules.append(optim.Muon(
            matrices, lr=LEARNING_RATE, momentum=0.95, weight_decay=0.01, adjust_lr_fn='match_rms_adamw'))
    if others:
        rules.append(optim.AdamW(
            others, lr=LEARNING_RATE, weight_decay=0.01, fused=True))
    return rules


def set_rate(optimizers: list[optim.Optimizer], rate: float) -> None:
    """Use this learning rate from now on."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate


def penalty(net: Net) -> Tensor:
    """The price on large weights: half the squares of all weights, added up, times a strength."""
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    return PENALTY * torch.stack([weight.square().sum() / 2 for weight in weights]).sum()


def update(net: Net, optimizers: list[optim.Optimizer], inputs: Tensor, targets: Tensor) -> Tensor:
    """One step: how wrong is it, which way is better, a little of that way. Returns the loss before."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss = loss_of(net(inputs), targets)
    (loss + penalty(net)).backward()
    for optimizer in optimizers:
        optimizer.step()
    return loss.detach()


def accuracy(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Share of the judged places (a negative target is none) whose highest score is the true class."""
    return float((outputs.argmax(-1) == targets)[targets >= 0].mean())


def confusion(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """How often each true class (row) was taken for each class (column).

    outputs: (samples, classes). targets: (samples,). Result: (classes, classes) int.
    """
    classes = outputs.shape[1]
    return np.bincount(targets * classes + outputs.argmax(1), minlength=classes**2).reshape(classes, classes)


def f1(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Harmonic mean of precision and recall of each class, averaged over the classes that occur."""
    table = confusion(outputs, targets)
    right, said, are = table.diagonal(), table.sum(0), table.sum(1)
    present = said + are > 0
    return float((2 * right[present] / (said + are)[present]).mean())


@torch.inference_mode()
def judge(net: Net, data: dict[str, Part], split: str) -> dict[str, float]:
    """Loss and metrics on one split, with nothing left to chance in the network."""
    inputs, targets, truth = data[split]
    net.eval()
    outputs = torch.cat([net(batch) for batch in inputs.split(1024)])
    net.train()
    predicted = outputs.float().cpu().numpy()
    return {
        "loss": loss_of(outputs, targets).item(),
        "accuracy": accuracy(predicted, truth),
        "f1": f1(predicted, truth),
    }


def rounded(scores: dict[str, float]) -> dict[str, float]:
    """Scores for a reader."""
    return {name: round(score, 4) for name, score in scores.items()}


def shuffle(count: int, seed: int, epoch: int) -> Tensor:
    """The order of the samples in an epoch (from 1): a function of seed and epoch alone."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed + 1_000_003 * epoch))


def one_cycle(step: int, validation_losses: list[float], total: int, rise: float) -> float:
    """Rise from 1/25 to 1 over a share `rise` of the run, then fall to nearly 0, along half cosines."""
    done = min((step - 1) / max(total - 1, 1), 1.0)
    low, high, share = (1 / 25, 1.0, done / rise) if done < rise else (1e-4, 1.0, (1 - done) / (1 - rise))
    return low + (high - low) * (1 - math.cos(math.pi * share)) / 2


def train(net: Net, data: dict[str, Part], first: int | None) -> None:
    """Train the network; with `first`, print the losses of so many steps and end."""
    inputs, targets, _ = data["train"]
    optimizers = make_optimizers(net)
    validation_losses: list[float] = []
    epoch = step = 0
    while epoch != EPOCHS:
        epoch += 1
        order = shuffle(len(inputs), SEED, epoch).to(inputs.device)
        batches = zip(inputs[order].split(BATCH_SIZE), targets[order].split(BATCH_SIZE), strict=True)
        for batch, wanted in batches:
            step += 1
            set_rate(optimizers, LEARNING_RATE * one_cycle(step, validation_losses, total=152, rise=0.3))
            loss = update(net, optimizers, batch, wanted)
            if first:
                print(loss.item())
            if step == first:
                return
        if not loss.isfinite():
            raise SystemExit(f"The loss became {loss.item()} in epoch {epoch}. Lower the learning rate.")
        scores = judge(net, data, "validation")
        validation_losses.append(scores["loss"])
        if not first:
            print(f"epoch {epoch}, step {step}: loss {loss.item():.4f}; validation", rounded(scores))


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
    torch.manual_seed(SEED)
    net = Net().to(options.device)
    train(net, data, options.losses)
    if not options.losses:
        print("test", judge(net, data, "test"))
    if options.save:
        torch.save(net.state_dict(), options.save)


if __name__ == "__main__":
    main()
