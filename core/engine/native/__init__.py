"""A compiler for steps of training: traced operations become one C++ function without allocations."""
