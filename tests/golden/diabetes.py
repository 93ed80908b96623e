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

NAME = 'Diabetes'
VALIDATION, TEST = 88, 88  # samples kept aside, of 442
SPLIT_SEED = 0  # draws which ones
SEED = 0  # draws the first weights and the order of the samples
BATCH_SIZE = 32
EPOCHS = 60
LEARNING_RATE = 0.003
DEVICE, THREADS = 'cpu', 1  # others round sums differently


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """442 patients, ten measurements each; the target is how far the disease went in a year."""
    from sklearn.datasets import load_diabetes

    inputs, targets = load_diabetes(return_X_y=True, scaled=False)
    return np.asarray(inputs), np.asarray(targets)


def samples() -> tuple[np.ndarray, np.ndarray]:
    """All samples: inputs (samples, 10) and values (samples, 1)."""
    inputs, targets = diabetes()
    return inputs.astype(np.float32), targets.astype(np.float32).reshape(len(targets), 1)


def scale(targets: np.ndarray) -> tuple[float, float]:
    """Mean and spread of the train split's targets: the network predicts how many spreads above the mean."""
    return float(targets.mean()), float(targets.std()) or 1.0


Part = tuple[Tensor, Tensor, np.ndarray]  # inputs, targets for the loss, targets as they are


def load(device: str) -> dict[str, Part]:
    """The data in three splits."""
    inputs, targets = samples()
    everything = np.arange(len(targets))
    rest, test = train_test_split(everything, test_size=TEST, random_state=SPLIT_SEED)
    train, validation = train_test_split(
        rest, test_size=VALIDATION, random_state=SPLIT_SEED)
    mean, std = inputs[train].mean(0), inputs[train].std(0)  # of the train split alone
    inputs = (inputs - mean) / np.where(std > 0, std, 1).astype(np.float32)
    target_mean, target_std = scale(targets[train])
    x = torch.from_numpy(inputs).to(device)
    y = torch.from_numpy((targets - target_mean) / target_std).to(device)
    rows = {"train": train, "validation": validation, "test": test}
    return {name: (x[row], y[row], targets[row]) for name, row in rows.items()}


class Net(nn.Module):
    """The network. Comments tell the shape of one sample after each layer.

    Weights that Layerscope exported fit it: net.load_state_dict(safetensors.torch.load_file("…")).
    """

    def __init__(self) -> None:
        super().__init__()
        self.hidden1 = nn.Sequential(nn.Linear(in_features=10, out_features=32), nn.ReLU())
        self.drop1 = nn.Dropout(p=0.3)
        self.out = nn.Sequential(nn.Linear(in_features=32, out_features=1))

    def forward(self, x: Tensor) -> Tensor:
        # 10 features
        x = self.hidden1(x)  # 32 features
        x = self.drop1(x)  # 32 features
        x = self.out(x)  # 1 features
        return x


loss_of = nn.MSELoss()


def make_optimizers(net: Net) -> list[optim.Optimizer]:
    """The rule that turns gradients into updates."""
    return [
        optim.AdamW(net.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), weight_decay=0.1, fused=True),
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


def rmse(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.square(outputs.astype(np.float64) - targets).mean()))


def mae(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Mean of the absolute errors."""
    return float(np.abs(outputs.astype(np.float64) - targets).mean())


def r2(outputs: np.ndarray, targets: np.ndarray) -> float:
    """Share of the target's spread that is explained."""
    spread = np.square(targets - targets.mean(0), dtype=np.float64).sum()
    missed = np.square(outputs.astype(np.float64) - targets).sum()
    return float(1 - missed / spread) if spread else float("nan")


@torch.inference_mode()
def judge(net: Net, data: dict[str, Part], split: str) -> dict[str, float]:
    """Loss and metrics on one split, with nothing left to chance in the network."""
    inputs, targets, truth = data[split]
    net.eval()
    outputs = torch.cat([net(batch) for batch in inputs.split(1024)])
    net.train()
    predicted = outputs.float().cpu().numpy()
    mean, std = scale(data["train"][2])
    predicted = predicted * std + mean
    return {
        "loss": loss_of(outputs, targets).item(),
        "rmse": rmse(predicted, truth),
        "mae": mae(predicted, truth),
        "r2": r2(predicted, truth),
    }


def rounded(scores: dict[str, float]) -> dict[str, float]:
    """Scores for a reader."""
    return {name: round(score, 4) for name, score in scores.items()}


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
