"""The program: storage of values, memory plan, the .mtp file."""
