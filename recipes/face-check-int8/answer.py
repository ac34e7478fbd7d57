"""What the program in integers and the network in floats say of the pictures."""

import numpy as np
import torch
from model import model

THRESHOLD = 0.7  # of MTCNN, for this network


def answer(inputs, outputs, folder):
    """The share of pictures that both judge alike and that each judges right; how far landmarks of faces moved, as a
    part of the picture's width."""
    with torch.no_grad():
        _, landmarks, probabilities = (t.numpy() for t in model()(torch.from_numpy(inputs[0])))
    is_face = np.arange(len(probabilities)) < len(probabilities) // 2
    says, said = outputs[2] > THRESHOLD, probabilities > THRESHOLD
    moved = np.abs(outputs[1] - landmarks)[is_face & says & said]
    return {
        "agreement": round(float((says == said).mean()), 3),
        "right_in_int8": round(float((says == is_face).mean()), 3),
        "right_in_floats": round(float((said == is_face).mean()), 3),
        "landmarks_moved": round(float(moved.mean()), 4),
    }
