"""The pitch that the program in integers and the network in floats hear."""

import numpy as np
import torch
from model import TEST, frames, model

FIRST_CENTS, BIN_CENTS = 1997.3794084376191, 20  # of the lowest pitch above 10 Hz, and between neighbours


def answer(inputs, outputs, folder):
    """The percentage of frames whose pitch is right within 50 cents, of each, and how far the two are apart."""
    _, pitches = frames(TEST)
    right = 1200 * np.log2(pitches / 10)
    with torch.no_grad():
        said = cents(model()(torch.from_numpy(inputs[0])).numpy())
    says = cents(outputs[0])
    return {
        "frames": len(right),
        "right_in_int8": round(100 * float((np.abs(says - right) < 50).mean()), 1),
        "right_in_floats": round(100 * float((np.abs(said - right) < 50).mean()), 1),
        "median_cents_apart": round(float(np.median(np.abs(says - said))), 2),
    }


def cents(likelihoods):
    """Above 10 Hz: the mean of the nine pitches around the likeliest, weighted."""
    best = likelihoods.argmax(1)
    near = np.clip(best[:, None] + np.arange(-4, 5), 0, likelihoods.shape[1] - 1)
    weights = np.take_along_axis(likelihoods, near, 1)
    return FIRST_CENTS + BIN_CENTS * (near * weights).sum(1) / weights.sum(1)
