// ClamAV's daemon with one signature of its own, EICAR's, on a free port. It ends with the tests.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { freePort } from "./program.ts";

/** The file that every scanner takes for malware (eicar.org); in two pieces, so that this one is not. */
export const EICAR = Buffer.from(
  "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
);
export const hasClamd = spawnSync("clamd", ["--version"]).status === 0;

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("connect", () => socket.write("nPING\n"));
    socket.on("data", () => (socket.destroy(), resolve(true)));
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
  });
}

export class Clamd {
  private process: ChildProcess | undefined;
  private readonly folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-clamd-"));
  port = 0;

  async start(): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    const database = path.join(this.folder, "db");
    mkdirSync(database, { recursive: true });
    writeFileSync(path.join(database, "test.ndb"), `Eicar-Test:0:*:${EICAR.toString("hex")}\n`);
    const config = path.join(this.folder, "clamd.conf");
    const lines = [`TCPSocket ${this.port}`, "TCPAddr 127.0.0.1", `DatabaseDirectory ${database}`];
    lines.push("Foreground yes", "StreamMaxLength 2M", `TemporaryDirectory ${this.folder}`);
    writeFileSync(config, `${lines.join("\n")}\n`);
    this.process = spawn("clamd", ["-c", config], { stdio: "ignore" });
    for (let i = 0; !(await answers(this.port)); i += 1) {
      if (i > 300) throw new Error("clamd does not start");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    const process = this.process;
    this.process = undefined;
    if (!process) return;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGKILL");
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
