"""Reports as text, Markdown and JSON: what was found, written for a terminal, a pull request or a program."""
