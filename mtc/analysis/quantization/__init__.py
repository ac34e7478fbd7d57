"""What quantization costs: layer by layer, for each layer alone, and the layers to leave in floats."""
