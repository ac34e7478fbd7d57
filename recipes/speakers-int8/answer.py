"""Which of the speakers each second utterance is of, by the program in integers and by the network in floats."""

import numpy as np
import torch
from model import model


def answer(inputs, outputs, folder):
    """How many speakers are recognised by the nearest first utterance, of each, and how alike the vectors are."""
    with torch.no_grad():
        said = model()(torch.from_numpy(inputs[0])).numpy()
    says = outputs[0]
    return {
        "speakers": len(says) // 2,
        "recognised_in_int8": recognised(says),
        "recognised_in_floats": recognised(said),
        "least_cosine": round(float((says * said).sum(1).min()), 4),
    }


def recognised(vectors):
    first, second = np.split(vectors, 2)
    return int(((second @ first.T).argmax(1) == np.arange(len(first))).sum())
