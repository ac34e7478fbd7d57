"""The intermediate representation: types, modules of functions of nodes, text, verifier, rewriter, the .mtc file."""
