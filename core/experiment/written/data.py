"""The data as functions: made by the recipe of the catalogue, split, and scaled on the train split."""

from core.catalog.base import IGNORED, TOKENS, Dataset, Task
from core.experiment.carry import Carrier
from core.experiment.written.fill import fill


def constants(data: Dataset) -> list[str]:
    """How the samples are shared out."""
    sizes = data.sizes()
    drawn = [] if data.ordered else [f"SPLIT_SEED = {data.seed!r}  # draws which ones"]
    kept = f"VALIDATION, TEST = {sizes.validation}, {sizes.test}  # samples kept aside, of {data.count}"
    left = data.count - sizes.validation - sizes.test
    used = [f"TRAIN = {sizes.train}  # training samples used, of {left}"] if sizes.train < left else []
    return [kept, *drawn, *used]


def texts(data: Dataset, encoded: bool, carrier: Carrier) -> list[str]:
    """The functions `samples` and `load`, and `scale` where targets are scaled.

    encoded: whether class numbers are loaded as rows of 0 and 1.
    """
    scaled = [_SCALE.strip("\n")] if scaled_targets(data) else []
    return [*carrier.before(_samples(data, carrier)), *scaled, _PART, _load(data, encoded)]


def scaled_targets(data: Dataset) -> bool:
    """Whether the network learns standardised targets."""
    return data.scaled and data.task.kind == "regression"


def _samples(data: Dataset, carrier: Carrier) -> str:
    made, shown = carrier.recipe(data.recipe()), data.shown()
    kind = "np.int64" if data.shape.dtype == "integer" else "np.float32"
    inputs = carrier.recipe(shown, "inputs") if shown else f"inputs.astype({kind})"
    targets, words = _targets(data.task)
    sizes = ", ".join(str(size) for size in data.shape.sizes)
    return fill(_SAMPLES, sizes=sizes, words=words, made=made, inputs=inputs, targets=targets)


def _targets(task: Task) -> tuple[str, str]:
    """The targets as training reads them, as an expression, and in words."""
    sizes = ", ".join(str(size) for size in task.target_sizes)
    if task.kind == "classification":
        return "targets.astype(np.int64)", "class numbers (samples,)"
    if task.kind in TOKENS:
        return "targets.astype(np.int64)", f"token numbers (samples, {sizes}), {IGNORED} where none is judged"
    return f"targets.astype(np.float32).reshape(len(targets), {sizes})", f"values (samples, {sizes})"


def _load(data: Dataset, encoded: bool) -> str:
    return fill(
        _LOAD, shares=_shares(data), rows=_rows(data),
        scaled=_SCALED_INPUTS.strip("\n") if data.scaled else "",
        wanted="(targets - target_mean) / target_std" if scaled_targets(data) else "targets",
        target_scale=["target_mean, target_std = scale(targets[train])"] if scaled_targets(data) else [],
        one_hot=[f"y = nn.functional.one_hot(y, {len(data.task.classes)}).float()"]
        if encoded else [])


def _shares(data: Dataset) -> str:
    if data.ordered:
        return ", one after the other in time"
    return ", each with the same share of every class" if data.task.kind == "classification" else ""


def _rows(data: Dataset) -> list[str]:
    """How the rows of the three splits are found."""
    few = sum(data.sizes()) < data.count
    if data.ordered:
        return [*fill(_IN_ORDER).splitlines(), *(["train = train[-TRAIN:]"] if few else [])]
    classes = data.task.kind == "classification"
    drawn = fill(_DRAWN, all_classes=", stratify=targets" if classes else "",
                 rest_classes=", stratify=targets[rest]" if classes else "").splitlines()
    return [*drawn, *(["train = train[:TRAIN]"] if few else [])]


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

_DRAWN = '''
rest, test = train_test_split(everything, test_size=TEST, random_state=SPLIT_SEED$all_classes)
train, validation = train_test_split(
    rest, test_size=VALIDATION, random_state=SPLIT_SEED$rest_classes)
'''

_IN_ORDER = '''
end = len(targets) - VALIDATION - TEST
train, validation, test = np.split(everything, [end, end + VALIDATION])
'''

_LOAD = '''
def load(device: str) -> dict[str, Part]:
    """The data in three splits$shares."""
    inputs, targets = samples()
    everything = np.arange(len(targets))
    $rows
    $scaled
    $target_scale
    x = torch.from_numpy(inputs).to(device)
    y = torch.from_numpy($wanted).to(device)
    $one_hot
    rows = {"train": train, "validation": validation, "test": test}
    return {name: (x[row], y[row], targets[row]) for name, row in rows.items()}
'''
