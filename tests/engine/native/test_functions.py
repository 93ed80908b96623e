"""Protects the functions compiled steps are made with: right to a few units in the last place."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

from core.engine.native import compiler

HEADER = Path(compiler.__file__).with_name("steps.h").read_text()
FUNCTIONS = {"exponential": np.exp, "logarithm": np.log, "logarithm_of_one_and": np.log1p, "tangent": np.tanh,
             "logistic": lambda x: 1 / (1 + np.exp(-x))}
SMALLEST = np.finfo(np.float32).tiny


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("functions") / "functions.so"
    compiler.compiled(HEADER + "".join(
        f'extern "C" void {name}_of(const float* x, float* y, int64_t count) {{'
        f"for (int64_t n = 0; n < count; ++n) y[n] = {name}(x[n]); }}\n" for name in FUNCTIONS), path)
    return ctypes.CDLL(str(path))


def found(library: ctypes.CDLL, name: str, x: np.ndarray) -> np.ndarray:
    y = np.empty_like(x)
    getattr(library, f"{name}_of")(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data),
                                   ctypes.c_int64(len(x)))
    return y


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_right_to_a_few_units_in_the_last_place(library, name):
    large = np.geomspace(1e-6, 80, 20_000, dtype=np.float32)
    negative = {"logarithm": 0, "logarithm_of_one_and": 0.99}.get(name, 100)
    x = np.concatenate([-large[large < negative], large])
    right = FUNCTIONS[name](x.astype(np.float64))
    units = np.spacing(np.maximum(np.abs(right), SMALLEST).astype(np.float32)).astype(np.float64)
    assert np.max(np.abs(found(library, name, x) - right) / units) <= 4


@pytest.mark.parametrize("name", FUNCTIONS)
def test_at_the_ends_of_the_numbers_a_function_gives_what_numpy_gives(library, name):
    x = np.array([0, np.inf, -np.inf, np.nan, 100, -200], np.float32)
    with np.errstate(all="ignore"):
        right = FUNCTIONS[name](x.astype(np.float64)).astype(np.float32)
    np.testing.assert_allclose(found(library, name, x), right, rtol=1e-6, atol=1e-37)
