"""Trains a neural network exactly as Layerscope did, without Layerscope.

python script.py               train, then judge the network on samples it has never seen
python script.py --losses 20   print the losses of the first 20 steps, and end
python script.py --save FILE   train, judge, and write the weights to a file
"""

import argparse

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor, nn, optim

NAME = 'Two spirals'
VALIDATION, TEST = 100, 100  # samples kept aside, of 500
SPLIT_SEED = 0  # draws which ones
SEED = 0  # draws the first weights and the order of the samples
BATCH_SIZE = 32
EPOCHS = 240
LEARNING_RATE = 0.003
DEVICE, THREADS = 'cpu', 1  # others round sums differently


def spiral(samples: int, noise: float, seed: int, arms: int) -> tuple[np.ndarray, np.ndarray]:
    """Arms that wind around each other, one class per arm."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % arms
    along = 0.06 + 0.94 * (np.arange(samples) // arms + 0.5) / np.ceil(samples / arms)
    angle = 1.75 * 2 * np.pi * along + 2 * np.pi * labels / arms
    points = along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return points + rng.normal(0, noise, points.shape), labels


def plane_features(points: np.ndarray, features: list[str]) -> np.ndarray:
    """What the network is shown of each point. points: (n, 2). Result: (n, features) float32."""
    x1, x2 = points[:, 0], points[:, 1]
    columns = {"x1": x1, "x2": x2, "x1_squared": x1**2, "x2_squared": x2**2, "x1_x2": x1 * x2,
               "sin_x1": np.sin(6 * x1), "sin_x2": np.sin(6 * x2)}
    return np.stack([columns[name] for name in features], axis=1).astype(np.float32)


def samples() -> tuple[np.ndarray, np.ndarray]:
    """All samples: inputs (samples, 2) and class numbers (samples,)."""
    inputs, targets = spiral(samples=500, noise=0.02, seed=0, arms=2)
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
        self.hidden1 = nn.Sequential(nn.Linear(in_features=2, out_features=16), nn.GELU())
        self.hidden2 = nn.Sequential(nn.Linear(in_features=16, out_features=16), nn.GELU())
        self.hidden3 = nn.Sequential(nn.Linear(in_features=16, out_features=16), nn.GELU())
        self.out = nn.Sequential(nn.Linear(in_features=16, out_features=2))

    def forward(self, x: Tensor) -> Tensor:
        # 2 features
        x = self.hidden1(x)  # 16 features
        x = self.hidden2(x)  # 16 features
        x = self.hidden3(x)  # 16 features
        x = self.out(x)  # 2 features
        return x


loss_of = nn.CrossEntropyLoss()


def make_optimizers(net: Net) -> list[optim.Optimizer]:
    """The rule that turns gradients into updates."""
    return [
        optim.AdamW(net.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), weight_decay=0.01, fused=True),
    ]


def set_rate(optimizers: list[optim.Optimizer], rate: float) -> None:
    """Use this learning rate from now on."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate


def update(net: Net, optimizers: list[optim.Optimizer], inputs: Tensor, targets: Tensor) -> Tensor:
    """One step: how wrong is it, which way is better, a little of that way. Returns the loss before."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss = loss_of(net(inputs), targets)
    loss.backward()
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


def every(number: int, dense: int) -> int:
    """The distance between kept ones around `number`: 1 up to 2·dense, then doubling as the number doubles.

    So a run of n steps keeps about dense·(1 + log2(n / dense)) of them, however long it gets.
    """
    return 1 << max(0, (number // dense).bit_length() - 1) if number >= dense else 1


DENSE_STEPS, DENSE_EPOCHS = 4000, 100


def due(epoch: int) -> bool:
    """Whether an epoch (from 1) ends with a validation; the last epoch of a run always does."""
    return epoch % every(epoch, DENSE_EPOCHS) == 0


def shuffle(count: int, seed: int, epoch: int) -> Tensor:
    """The order of the samples in an epoch (from 1): a function of seed and epoch alone."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed + 1_000_003 * epoch))


def constant(step: int, validation_losses: list[float]) -> float:
    """The same rate all the way."""
    return 1.0


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
            set_rate(optimizers, LEARNING_RATE * constant(step, validation_losses))
            loss = update(net, optimizers, batch, wanted)
            if first:
                print(loss.item())
            if step == first:
                return
        if not loss.isfinite():
            raise SystemExit(f"The loss became {loss.item()} in epoch {epoch}. Lower the learning rate.")
        if epoch == EPOCHS or due(epoch):
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
