"""The AWS SDK for JavaScript v3, by npm, in a program of its own that prints a line a case."""

import os
import shutil
import subprocess

import store

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "js")


def run(server):
    """Gives the counts of passed and failed cases; nothing where there is no Node.js."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        print("skipped js: no Node.js here", flush=True)
        return 0, 0
    if not os.path.isdir(os.path.join(FOLDER, "node_modules")):
        done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=FOLDER, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print("FAILED  js: npm ci\n" + done.stdout[-2000:], flush=True)
            return 0, 1
    done = subprocess.run([node, "sdk.mjs", server.url, store.KEY, store.SECRET], cwd=FOLDER,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    print(done.stdout, end="", flush=True)
    lines = done.stdout.splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failed = sum(line.startswith("FAILED ") for line in lines)
    return passed, failed if failed or done.returncode == 0 else 1
