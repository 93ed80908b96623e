"""What a worker or an analyst would have to load: loaded once, in the process they are forked from.

Nothing is computed here: a fork after the first computation would inherit locks of threads it has not.
"""

import gc
from importlib import import_module

LOADED = (
    "torch", "safetensors.torch", "sklearn.datasets", "sklearn.model_selection", "core.engine.checkpoint",
    "core.engine.device", "core.engine.exactness", "core.engine.probes", "core.engine.trainer",
    "core.engine.weights",
    "core.runtime.analyst", "core.runtime.client", "core.runtime.dispatcher", "core.runtime.worker",
    "argparse")

for name in LOADED:
    import_module(name)
gc.freeze()  # what is loaded stays; collections of the children need not walk it
