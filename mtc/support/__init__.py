"""Standard-library-only building blocks, each under the name of what it does."""
