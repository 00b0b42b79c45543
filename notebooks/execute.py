"""Run one notebook and write it with its outputs: execute.py IN.ipynb OUT.ipynb

Every cell is announced and timed. The run stops at the first cell that went wrong, which the kernel does not report:
a panic, or an Err that left the cell, shows as a success with text on stderr. What was run until then is written too.
"""

import re
import sys
import time
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CELL_SECONDS = 300


class Failed(Exception):
    pass


def readable(text):
    """A message without colours and without cargo's JSON, which the kernel puts into the errors of `:dep`."""
    lines = [line for line in ANSI.sub("", text).splitlines() if not line.startswith('{"reason":')]
    return "\n".join(lines).strip()


def trouble(cell):
    """What went wrong in a cell that does not announce it, or None."""
    tags = cell.metadata.get("tags", [])
    for out in cell.outputs:
        if out.output_type == "error" and "raises-exception" not in tags:
            return readable("\n".join(out.traceback) or out.evalue)
        if out.get("name") == "stderr" and not {"stderr", "raises-exception"} & set(tags):
            return readable(out.text)
    return None


def main(source, target):
    name = source.stem
    notebook = nbformat.read(source, as_version=4)
    # Names of older kernels in a contributor's file must not matter.
    notebook.metadata.kernelspec = {"name": "rust", "display_name": "Rust", "language": "rust"}
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    started = {}

    def on_start(cell, cell_index):
        started[cell_index] = time.monotonic()

    def on_executed(cell, cell_index, execute_reply):
        took = time.monotonic() - started[cell_index]
        lines = [line for line in cell.source.splitlines() if line and not line.startswith("//")]
        what = lines[0][:60] if lines else ""
        print(f"{name}  cell {code.index(cell_index) + 1:2}/{len(code)}  {took:6.2f} s  {what}", flush=True)
        # nbclient keeps times to the microsecond in the file: noise in every diff.
        cell.metadata.pop("execution", None)
        if message := trouble(cell):
            raise Failed(f"{name} cell {code.index(cell_index) + 1}: {message}")

    client = NotebookClient(
        notebook,
        kernel_name="rust",
        timeout=CELL_SECONDS,
        startup_timeout=120,
        allow_errors=True,
        resources={"metadata": {"path": str(source.parent)}},
        on_cell_start=on_start,
        on_cell_executed=on_executed,
    )
    try:
        client.execute()
    except (Failed, CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        last = code.index(max(started)) + 1 if started else 0
        return str(error) if isinstance(error, Failed) else f"{name} cell {last}: {error}"
    except NoSuchKernel:
        return "the Rust kernel is not registered here: run `make setup`"
    finally:
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)
    return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
