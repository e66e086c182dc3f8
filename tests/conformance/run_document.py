"""Runs the shell blocks of a document, as a reader would type them, and shows commands and output.

Usage: run_document.py DOCUMENT [--quiet]. The commands run in one bash, in the current directory, and the
first that fails ends it with its status. With --quiet only what they print is shown.
"""

import re
import subprocess
import sys
from pathlib import Path


def script(document, quiet):
    """The blocks as one script; every block is shown before it runs."""
    lines = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    pieces = re.split(r"^(## [^\n]*)$|^```sh\n(.*?)^```$", document, flags=re.MULTILINE | re.DOTALL)
    for heading, block in zip(pieces[1::3], pieces[2::3]):
        if heading and not quiet:
            lines.append(f"printf '\\n%s\\n' {quoted(bold(heading[3:]))}")
        if block:
            if not quiet:
                shown = "\n".join(f"  {line}" for line in block.rstrip().split("\n"))
                lines.append(f"printf '\\n%s\\n' {quoted(dim(shown))}")
            lines.append(block)
    return "\n".join(lines)


def bold(text):
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() else f"== {text}"


def dim(text):
    return f"\x1b[2m{text}\x1b[0m" if sys.stdout.isatty() else text


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    document = path.read_text(encoding="utf-8")
    if "\n```sh\n" not in document:
        sys.exit(f"{path} has no shell blocks: there is nothing to run")
    text = script(document, "--quiet" in sys.argv[2:])
    sys.exit(subprocess.run(["bash", "-c", text], stdin=subprocess.DEVNULL, check=False).returncode)
