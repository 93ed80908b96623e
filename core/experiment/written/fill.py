"""Fills in a text that is written like the Python it becomes."""

from string import Template


def fill(text: str, **words: str | list[str]) -> str:
    """The text with every $word in its place, without blank lines around it.

    A line that is only a $word becomes as many lines as the word has, each as far in; none when it is empty.
    """
    lines: list[str] = []
    for line in text.strip("\n").splitlines():
        name = line.strip().removeprefix("$")
        if line.strip().startswith("$") and name in words:
            word = words[name]
            indent = line[:len(line) - len(line.lstrip())]
            held = word.splitlines() if isinstance(word, str) else word
            lines += [indent + part if part else "" for part in held]
        else:
            lines.append(Template(line).substitute(words))
    return "\n".join(lines)
