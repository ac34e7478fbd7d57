"""Turns the face finder's maps into boxes and draws them."""

import numpy as np
from PIL import Image, ImageDraw

SHRINK = (5, 6, 7, 8, 10, 12)
STRIDE, WINDOW = 2, 12
THRESHOLD, OVERLAP = 0.98, 0.2


def answer(inputs, outputs, folder):
    """The faces in the image: their number, and the centre and width of the likeliest; writes face.png."""
    boxes = np.concatenate([candidates(outputs[2 * i], outputs[2 * i + 1], s) for i, s in enumerate(SHRINK)])
    faces = merged(boxes)
    pixels = inputs[0][0].transpose(1, 2, 0) * 128 + 127.5
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for left, top, right, bottom, _ in faces:
        draw.rectangle((left, top, right, bottom), outline=(0, 255, 80), width=4)
    picture.save(folder / "face.png")
    if not len(faces):
        return {"faces": 0}
    left, top, right, bottom, score = (float(v) for v in faces[0])
    return {
        "faces": len(faces),
        "x": round((left + right) / 2),
        "y": round((top + bottom) / 2),
        "width": round(right - left),
        "probability": round(score, 3),
        "picture": str(folder / "face.png"),
    }


def candidates(probability, offsets, shrink):
    """Windows above the threshold as left, top, right, bottom, probability, in pixels of the image."""
    rows, columns = np.nonzero(probability[0] > THRESHOLD)
    corners = np.stack([columns * STRIDE, rows * STRIDE, columns * STRIDE + WINDOW, rows * STRIDE + WINDOW], 1)
    moved = (corners + offsets[0][:, rows, columns].T * WINDOW) * shrink
    return np.concatenate([moved, probability[0][rows, columns, None]], 1)


def merged(boxes):
    """Clusters of overlapping boxes that at least three windows agree on, as their mean; the best supported first."""
    found = []
    left = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    while len(left):
        is_same = overlap(left[0], left) > OVERLAP
        if is_same.sum() >= 3:
            weights = left[is_same, 4]
            found.append((weights.sum(), np.average(left[is_same], axis=0, weights=weights)))
        left = left[~is_same]
    return [box for _, box in sorted(found, key=lambda item: -item[0])]


def overlap(box, boxes):
    """Intersection over union."""
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    shared = width.clip(0) * height.clip(0)
    area = (box[2] - box[0]) * (box[3] - box[1])
    return shared / (area + (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) - shared)
