"""What the tools that read the source of released wheels share: the order of versions, and files that are parsed and never run."""

import ast
import re


def version_key(version):
    return tuple(int(part or 0) for part in re.match(r'(\d+)\.(\d+)\.(\d+)(?:\.post(\d+))?', version).groups())


def parse(path):
    """A file's syntax tree; an empty one where a release has no such file."""
    try:
        with open(path, encoding='utf-8') as file:
            return ast.parse(file.read())
    except (OSError, SyntaxError):
        return ast.Module(body=[], type_ignores=[])


def ranges(versions, has):
    """Runs of versions that have something, `[first, last]`; the last is None where the newest has it."""
    out, open_at = [], None
    for index, version in enumerate(versions):
        if has(version) and open_at is None:
            open_at = version
        elif not has(version) and open_at is not None:
            out.append([open_at, versions[index - 1]])
            open_at = None
    if open_at is not None:
        out.append([open_at, None])
    return out
