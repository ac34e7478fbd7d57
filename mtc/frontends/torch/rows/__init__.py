"""The rows of the ATen table, one family a file. A row's parameters are the ATen schema's."""
