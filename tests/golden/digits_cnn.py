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

NAME = 'Digits with convolutions'
VALIDATION, TEST = 359, 359  # samples kept aside, of 1797
SPLIT_SEED = 0  # draws which ones
SEED = 0  # draws the first weights and the order of the samples
BATCH_SIZE = 64
EPOCHS = 30
LEARNING_RATE = 0.01
DEVICE, THREADS = 'cpu', 1  # others round sums differently


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1797 handwritten digits, 8×8 pixels from 0 to 1. Result: (1797, 1, 8, 8), (1797,)."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return np.asarray(pixels / 16).reshape(-1, 1, 8, 8), np.asarray(labels)


def samples() -> tuple[np.ndarray, np.ndarray]:
    """All samples: inputs (samples, 1, 8, 8) and class numbers (samples,)."""
    inputs, targets = digits()
    return inputs.astype(np.float32), targets.astype(np.int64)


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
        self.conv1 = nn.Sequential(
            nn.Conv2d(in_channels=1, out_channels=16, kernel_size=3, stride=1, padding=1),
        )
        self.norm1 = nn.Sequential(nn.BatchNorm2d(num_features=16, momentum=0.1))
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(kernel_size=2, stride=2)
        self.conv2 = nn.Sequential(
            nn.Conv2d(in_channels=16, out_channels=32, kernel_size=3, stride=1, padding=1),
        )
        self.norm2 = nn.Sequential(nn.BatchNorm2d(num_features=32, momentum=0.1))
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(kernel_size=2, stride=2)
        self.conv3 = nn.Sequential(
            nn.Conv2d(in_channels=32, out_channels=32, kernel_size=3, stride=1, padding=1),
        )
        self.norm3 = nn.Sequential(nn.BatchNorm2d(num_features=32, momentum=0.1))
        self.relu3 = nn.ReLU()
        self.flat = nn.Flatten()
        self.out = nn.Sequential(nn.Linear(in_features=128, out_features=10))

    def forward(self, x: Tensor) -> Tensor:
        # 1 channels × 8 height × 8 width
        x = self.conv1(x)  # 16 channels × 8 height × 8 width
        x = self.norm1(x)  # 16 channels × 8 height × 8 width
        x = self.relu1(x)  # 16 channels × 8 height × 8 width
        x = self.pool1(x)  # 16 channels × 4 height × 4 width
        x = self.conv2(x)  # 32 channels × 4 height × 4 width
        x = self.norm2(x)  # 32 channels × 4 height × 4 width
        x = self.relu2(x)  # 32 channels × 4 height × 4 width
        x = self.pool2(x)  # 32 channels × 2 height × 2 width
        x = self.conv3(x)  # 32 channels × 2 height × 2 width
        x = self.norm3(x)  # 32 channels × 2 height × 2 width
        x = self.relu3(x)  # 32 channels × 2 height × 2 width
        x = self.flat(x)  # 128 features
        x = self.out(x)  # 10 features
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


def top_k(outputs: np.ndarray, targets: np.ndarray, k: int) -> float:
    """Share of the samples whose true class is among the k highest scores."""
    true = outputs[np.arange(len(targets)), targets]
    return float(((outputs > true[:, None]).sum(1) < k).mean())


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
        "top_k": top_k(predicted, truth, k=3),
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
            set_rate(optimizers, LEARNING_RATE * one_cycle(step, validation_losses, total=510, rise=0.3))
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
