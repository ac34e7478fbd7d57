"""Which sentence is nearest to each, by the program in integers and by the network in floats."""

import numpy as np
import torch
from model import model


def answer(inputs, outputs, folder):
    """For how many sentences the other of the pair is the nearest, of each, and how alike their vectors are."""
    with torch.no_grad():
        said = model()(*map(torch.from_numpy, inputs)).numpy()
    says = outputs[0]
    return {
        "pairs": len(says) // 2,
        "found_in_int8": found(says),
        "found_in_floats": found(said),
        "least_cosine": round(float((says * said).sum(1).min()), 4),
    }


def found(vectors):
    first, second = np.split(vectors, 2)
    return int(((first @ second.T).argmax(1) == np.arange(len(first))).sum())
