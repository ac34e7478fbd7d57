"""Functions that are exported and compared with themselves: each row is a function, then its inputs."""
