"""What can be said of models and programs: cards, placements, comparisons, measurements."""
