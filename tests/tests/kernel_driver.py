"""Drive a Jupyter kernel for the Rust tests: kernel_driver.py KERNEL

One JSON command a line on stdin, one JSON reply a line on stdout:
{"execute": code, "timeout": seconds}, {"start": code} (does not wait), {"interrupt": true}.
"""

import json
import queue
import sys
import time

from jupyter_client.manager import start_new_kernel


LATE = 0.2


def collect(client, request, timeout):
    """The outputs of one request, until the kernel is idle again, and its reply."""
    deadline = time.monotonic() + timeout
    outputs = []
    idle = False
    while True:
        try:
            # What a cell wrote to stderr last may come after the kernel has said that it is idle.
            message = client.get_iopub_msg(timeout=LATE if idle else max(0, deadline - time.monotonic()))
        except queue.Empty:
            if idle:
                break
            raise
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            outputs.append({"type": "stream", "name": content["name"], "text": content["text"]})
        elif kind == "error":
            outputs.append({"type": "error", "name": content["ename"], "text": content["evalue"]})
        elif kind in ("execute_result", "display_data"):
            outputs += [{"type": "data", "name": m, "text": t} for m, t in content["data"].items()]
        elif kind == "status" and content["execution_state"] == "idle":
            idle = True
    while True:
        reply = client.get_shell_msg(timeout=max(0, deadline - time.monotonic()))
        if reply["parent_header"].get("msg_id") == request:
            return {"outputs": outputs, "status": reply["content"]["status"]}


def answer(manager, client, command):
    if "execute" in command:
        return collect(client, client.execute(command["execute"]), command["timeout"])
    if "start" in command:
        client.execute(command["start"])
    elif "interrupt" in command:
        manager.interrupt_kernel()
    return {"outputs": [], "status": "ok"}


def main(kernel):
    # The kernel prints a line of its own, which must not mix with the replies.
    manager, client = start_new_kernel(startup_timeout=120, kernel_name=kernel, stdout=sys.stderr)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            reply = answer(manager, client, command)
        except queue.Empty:
            reply = {"outputs": [], "status": "timeout", "error": "the kernel did not answer in time"}
        print(json.dumps(reply), flush=True)
    manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main(sys.argv[1])
