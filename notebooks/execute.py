"""Run one notebook and write it with its outputs: execute.py IN.ipynb OUT.ipynb

Every cell is announced and timed. The run stops at the first cell that went wrong, which the kernel does not report:
a panic, or an Err that left the cell, shows as a success with text on stderr. What was run until then is written too.
"""

import asyncio
import atexit
import queue
import re
import signal
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def readable(text):
    """A message without colours and without cargo's JSON, which the kernel puts into the errors of `:dep`."""
    lines = [line for line in ANSI.sub("", text).splitlines() if not line.startswith('{"reason":')]
    return "\n".join(lines).strip()


def trouble(cell):
    """What went wrong in a cell that does not announce it, or None."""
    tags = set(cell.metadata.get("tags", []))
    errors = ["\n".join(out.traceback) or out.evalue for out in cell.outputs if out.output_type == "error"]
    if errors and "raises-exception" not in tags:
        return readable(errors[0])
    stderr = [out.text for out in cell.outputs if out.get("name") == "stderr"]
    if stderr and not {"stderr", "raises-exception"} & tags:
        return readable("".join(stderr)) or "wrote to stderr"
    return None


async def late(client, cell, index, reply):
    """What the cell wrote to stderr last may come after the kernel has said that it is idle: half a millisecond was seen."""
    while True:
        try:
            message = await client.kc.get_iopub_msg(timeout=0.03)
        except queue.Empty:
            return
        if message["parent_header"].get("msg_id") == reply["parent_header"]["msg_id"]:
            client.process_message(message, cell, index)


def main(source, target):
    notebook = nbformat.read(source, as_version=4)
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    at, began = f"{source.stem} before its first cell", 0.0
    interrupted = False

    def interrupt():
        nonlocal interrupted
        interrupted = True
        asyncio.ensure_future(client.km.interrupt_kernel())  # it has a session of its own, which Ctrl-C does not reach

    def on_start(cell, cell_index):
        nonlocal at, began
        # nbclient would end the kernel under its own feet.
        for number in signal.SIGINT, signal.SIGTERM:
            asyncio.get_running_loop().add_signal_handler(number, interrupt)
        if cell_index in code:
            at, began = f"{source.stem} cell {code.index(cell_index) + 1}", time.monotonic()

    async def on_executed(cell, cell_index, execute_reply):
        took = time.monotonic() - began
        await late(client, cell, cell_index, execute_reply)
        lines = [line for line in cell.source.splitlines() if not line.startswith("//")]
        print(f"{at}/{len(code)}  {took:6.2f} s  {' '.join(lines[:2])[:60]}", flush=True)
        if message := "interrupted" if interrupted else trouble(cell):
            raise RuntimeError(message)

    client = NotebookClient(notebook, kernel_name="rust", timeout=300, startup_timeout=120, allow_errors=True)
    client.resources = {"metadata": {"path": str(source.parent)}}
    client.on_cell_start, client.on_cell_executed = on_start, on_executed
    try:
        client.execute()
    except (RuntimeError, CellTimeoutError) as error:
        return f"{at}: {error}"
    finally:
        if client.km is None:
            atexit.unregister(client._cleanup_kernel)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times to the microsecond: noise in every diff
        notebook.metadata["course"] = {"measured": f"{datetime.now(timezone.utc):%Y-%m-%d}"}
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
