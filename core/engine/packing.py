"""Nested values as JSON beside a table of tensors, and back: floats as hex, so that not a bit is lost."""

from typing import Any

from torch import Tensor

Packed = tuple[dict[str, Tensor], Any]
"""The tensors by name, and the structure that names them."""


def pack(value: Any) -> Packed:
    """Dicts, lists, tuples, tensors and plain values as tensors and JSON. Nothing else can be packed."""
    tensors: dict[str, Tensor] = {}
    return tensors, _packed(value, tensors, "")


def unpack(tensors: dict[str, Tensor], structure: Any) -> Any:
    """The value that was packed, with tensors of its own."""
    if isinstance(structure, list):
        return [unpack(tensors, item) for item in structure]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(structure, dict):
        return structure
    ((kind, held),) = structure.items()  # pyright: ignore[reportUnknownVariableType]
    match kind:
        case "float":
            return float.fromhex(held)
        case "tensor":
            return tensors[held].clone()  # in memory as torch would have laid it out
        case "tuple":
            return tuple(unpack(tensors, item) for item in held)
        case _:
            return {key: unpack(tensors, item) for key, item in held}


def _packed(value: Any, tensors: dict[str, Tensor], name: str) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, Tensor):
        assert name not in tensors, f"two tensors are called {name}"
        tensors[name] = _whole(value)
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[key, _packed(item, tensors, f"{name}.{key}".lstrip("."))]
                         for key, item in value.items()]}
    if not isinstance(value, list | tuple):
        raise TypeError(f"{name} is a {type(value).__name__}, which a checkpoint has no word for.")
    items = [_packed(item, tensors, f"{name}.{place}") for place, item in enumerate(value)]
    return items if isinstance(value, list) else {"tuple": items}


def _whole(tensor: Tensor) -> Tensor:
    """The tensor's numbers on the processor, sharing memory with no other tensor."""
    here = tensor.detach().cpu().contiguous()
    return here if here.untyped_storage().nbytes() == here.nbytes else here.clone()
