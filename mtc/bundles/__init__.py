"""App packages: built runtimes and programs as one file that an ecosystem's own tools install. One format a file."""
