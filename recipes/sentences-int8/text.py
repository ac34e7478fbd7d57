"""Sentences, and how they become tokens."""

# Pairs that say the same in other words.
PAIRS = (
    ("A man is playing a guitar on the stage.", "Someone performs music with a stringed instrument."),
    ("The stock market fell sharply on Monday.", "Share prices dropped a lot at the beginning of the week."),
    ("How do I reset my password?", "I forgot my login credentials and need new ones."),
    ("The cat sleeps on the warm windowsill.", "A kitten is napping in the sun beside the glass."),
    ("Bake the bread for forty minutes.", "Leave the loaf in the oven until it is golden."),
    ("The train to Paris was delayed by snow.", "Bad winter weather made the railway late."),
    ("She won the gold medal in swimming.", "The swimmer finished first at the championship."),
    ("The doctor prescribed antibiotics.", "The physician gave him medicine against the infection."),
    ("It will rain heavily tomorrow.", "Expect a wet day with strong showers."),
    ("The new phone has a better camera.", "Its latest smartphone takes sharper pictures."),
    ("They bought a small house near the lake.", "The couple purchased a cottage by the water."),
    ("The professor explained the theory of gravity.", "A lecture on why objects fall towards the earth."),
)
CALIBRATION = (
    "The committee will publish its report in the autumn.",
    "Children were building castles of sand on the beach.",
    "Which of these two engines uses less fuel?",
    "He apologised for the mistake and offered a refund.",
    "Scientists have discovered a new species of frog.",
    "Please turn off the lights when you leave.",
    "The museum is closed on public holidays.",
    "Our team lost the match in the last minute.",
    "Add two spoons of sugar and stir slowly.",
    "The bridge was damaged during the earthquake.",
    "Where can I buy tickets for the concert?",
    "Her grandfather had been a sailor.",
    "The committee of engineers rejected the design because the load on the northern pillar was too high.",
    "Wolves returned to the valley after eighty years.",
    "This program converts a trained network to native code.",
    "Interest rates are expected to remain unchanged.",
)


def tokens_of(sentence, vocabulary):
    """Numbers of the word pieces: the longest piece that fits, again and again, of lower-case words."""
    text = "".join(f" {c} " if not (c.isalnum() or c.isspace()) else c for c in sentence.lower())
    found = ["[CLS]"]
    for word in text.split():
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            end = next(e for e in range(len(word), start, -1) if prefix + word[start:e] in vocabulary)
            found.append(prefix + word[start:end])
            start = end
    return [vocabulary[piece] for piece in [*found, "[SEP]"]]
