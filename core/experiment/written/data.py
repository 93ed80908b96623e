"""The data as functions: made by the recipe of the catalogue, split, and scaled on the train split."""

from core.catalog.base import Dataset, Loss
from core.experiment.carry import Carrier
from core.experiment.written.fill import fill


def constants(data: Dataset) -> list[str]:
    """How the samples are shared out."""
    sizes = data.sizes()
    return [f"VALIDATION, TEST = {sizes.validation}, {sizes.test}  # samples kept aside, of {sum(sizes)}",
            f"SPLIT_SEED = {data.seed!r}  # draws which ones"]


def texts(data: Dataset, loss: Loss, carrier: Carrier) -> list[str]:
    """The functions `samples` and `load`, and `scale` where targets are scaled."""
    scaled = [_SCALE.strip("\n")] if scaled_targets(data) else []
    return [*carrier.before(_samples(data, carrier)), *scaled, _PART, _load(data, loss)]


def scaled_targets(data: Dataset) -> bool:
    """Whether the network learns standardised targets."""
    return data.scaled and not data.task.classes


def _samples(data: Dataset, carrier: Carrier) -> str:
    made, shown = carrier.recipe(data.recipe()), data.shown()
    inputs = carrier.recipe(shown, "inputs") if shown else "inputs.astype(np.float32)"
    targets, words = ("targets.astype(np.int64)", "class numbers (samples,)") if data.task.classes else (
        "targets.astype(np.float32).reshape(len(targets), -1)", "values (samples, 1)")
    sizes = ", ".join(str(size) for size in data.shape.sizes)
    return fill(_SAMPLES, sizes=sizes, words=words, made=made, inputs=inputs, targets=targets)


def _load(data: Dataset, loss: Loss) -> str:
    return fill(
        _LOAD, shares=", each with the same share of every class" if data.task.classes else "",
        all_classes=", stratify=targets" if data.task.classes else "",
        rest_classes=", stratify=targets[rest]" if data.task.classes else "",
        scaled=_SCALED_INPUTS.strip("\n") if data.scaled else "",
        wanted="(targets - target_mean) / target_std" if scaled_targets(data) else "targets",
        target_scale=["target_mean, target_std = scale(targets[train])"] if scaled_targets(data) else [],
        one_hot=[f"y = nn.functional.one_hot(y, {len(data.task.classes)}).float()"]
        if loss.one_hot and data.task.classes else [])


_SAMPLES = '''
def samples() -> tuple[np.ndarray, np.ndarray]:
    """All samples: inputs (samples, $sizes) and $words."""
    inputs, targets = $made
    return $inputs, $targets
'''

_SCALE = '''
def scale(targets: np.ndarray) -> tuple[float, float]:
    """Mean and spread of the train split's targets: the network predicts how many spreads above the mean."""
    return float(targets.mean()), float(targets.std()) or 1.0
'''

_PART = "Part = tuple[Tensor, Tensor, np.ndarray]  # inputs, targets for the loss, targets as they are"

_SCALED_INPUTS = '''
mean, std = inputs[train].mean(0), inputs[train].std(0)  # of the train split alone
inputs = (inputs - mean) / np.where(std > 0, std, 1).astype(np.float32)
'''

_LOAD = '''
def load(device: str) -> dict[str, Part]:
    """The data in three splits$shares."""
    inputs, targets = samples()
    everything = np.arange(len(targets))
    rest, test = train_test_split(everything, test_size=TEST, random_state=SPLIT_SEED$all_classes)
    train, validation = train_test_split(
        rest, test_size=VALIDATION, random_state=SPLIT_SEED$rest_classes)
    $scaled
    $target_scale
    x = torch.from_numpy(inputs).to(device)
    y = torch.from_numpy($wanted).to(device)
    $one_hot
    rows = {"train": train, "validation": validation, "test": test}
    return {name: (x[row], y[row], targets[row]) for name, row in rows.items()}
'''
