"""Quantization: from a float model and data to integers that are still right."""
