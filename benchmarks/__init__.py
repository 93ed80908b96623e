"""Measured claims. Every speed is a ratio taken side by side in one run; nothing here is a test."""
