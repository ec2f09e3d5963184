// HTTP itself: what is refused before any handler sees it, and how.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { send, sendRaw } from "../lib/http.ts";
import { as, base, newPatient, nobody, VISIT } from "../lib/world.ts";

const host = new URL(base).host;

test("malformed JSON is 400", async () => {
  const doctor = await as("doctor");
  const bad = [
    "{",
    "",
    '{"a":1,}',
    "{'a':1}",
    '{"a":1}{"b":2}',
    '{"a":01}',
    '{"a":NaN}',
    '{"notes":"\u0001"}',
    Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    '{"notes":"\\ud800"}',
    "[".repeat(100_000),
  ];
  for (const body of bad) {
    const answer = await doctor.any("POST", "/records", { body });
    assert.equal(answer.status, 400, `${String(body).slice(0, 40)}: ${answer.text}`);
    assert.equal(answer.body.code, "invalid_json");
  }
  const twice = await doctor.any("POST", "/patients", {
    body: '{"last_name":"A","last_name":"B","sex":"male"}',
  });
  assert.equal(twice.status, 400, "a name that is there twice");
});

test("another media type is 415", async () => {
  const doctor = await as("doctor");
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "json",
  ]) {
    const answer = await doctor.any("POST", "/records", { body: "{}", type });
    assert.equal(answer.status, 415, type);
    assert.equal(answer.body.code, "unsupported_media_type");
  }
  const patch = await doctor.any("PATCH", "/records/1", {
    body: "[]",
    type: "application/json-patch+json",
    ifMatch: 1,
  });
  assert.equal(patch.status, 415);
  const charset = await doctor.any("POST", "/records", {
    body: "{}",
    type: "application/json; charset=utf-8",
  });
  assert.equal(charset.status, 422);
  await doctor.refused(415, "unsupported_media_type", "POST", "/records", {
    body: {},
    type: "application/json;charset=latin1",
  });
});

test("a body above 1 MiB is answered with 413, and the service lives on", async () => {
  const doctor = await as("doctor");
  const body = JSON.stringify({ notes: "x".repeat(1_200_000) });
  const problem = await doctor.refused(413, "payload_too_large", "POST", "/records", { body });
  assert.equal(problem.status, 413);
  const chunk = "x".repeat(65_536);
  const chunks = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(20);
  const { session } = await as("doctor");
  const raw = await sendRaw(
    base,
    `POST /api/v1/records HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
      `Authorization: Bearer ${session.access_token}\r\nTransfer-Encoding: chunked\r\n\r\n` +
      `${chunks}0\r\n\r\n`,
    4_000,
  );
  assert.equal(raw.status, 413, raw.text);
  await doctor.expect(200, "get", "/me");
});

test("just below 1 MiB is read", async () => {
  const doctor = await as("doctor");
  const answer = await doctor.any("POST", "/records", {
    body: `{${" ".repeat(1_000_000)}}`,
  });
  assert.equal(answer.status, 422, answer.text);
});

test("unknown paths are 404, other methods 405 with Allow", async () => {
  const doctor = await as("doctor");
  for (const path of [
    "/nothing",
    "/records/1/nothing",
    "/patients/1/2/3",
    "/Records",
    "/records/",
  ]) {
    const answer = await doctor.any("GET", path);
    assert.equal(answer.status, 404, `${path}: ${answer.text}`);
    assert.equal(answer.body.code, "not_found");
  }
  for (const [method, path, allowed] of [
    ["DELETE", "/patients/1", "GET"],
    ["PUT", "/records", "POST"],
    ["POST", "/me", "GET"],
    ["GET", "/auth/login", "POST"],
    ["PATCH", "/audit/1", "GET"],
    ["DELETE", "/audit/1", "GET"],
  ] as const) {
    const answer = await doctor.any(method, path, { ifMatch: 1 });
    assert.equal(answer.status, 405, `${method} ${path}: ${answer.text}`);
    assert.ok(String(answer.headers.allow).includes(allowed));
  }
});

test("an unknown method is refused", async () => {
  const raw = await sendRaw(base, `BREW /api/v1/me HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  assert.ok([400, 405, 501].includes(raw.status), raw.text);
});

test("headers above 16 KiB are 431 and the connection is closed", async () => {
  const raw = await sendRaw(
    base,
    `GET /api/v1/me HTTP/1.1\r\nHost: ${host}\r\nX-Filler: ${"a".repeat(20_000)}\r\n\r\n`,
  );
  assert.equal(raw.status, 431, raw.text.slice(0, 200));
  assert.match(raw.text, /application\/problem\+json/);
  assert.match(raw.text, /"headers_too_large"/);
  assert.ok(raw.closed, "closed");
});

test("a request line above 16 KiB is refused", async () => {
  const raw = await sendRaw(base, `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  assert.ok([400, 414, 431].includes(raw.status), raw.text.slice(0, 200));
  assert.ok(raw.closed);
});

const smuggled: [string, string][] = [
  [
    "both length headers",
    `POST /api/v1/auth/login HTTP/1.1\r\nHost: H\r\nContent-Type: application/json\r\n` +
      `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    "two different lengths",
    `POST /api/v1/auth/login HTTP/1.1\r\nHost: H\r\n` +
      `Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `,
  ],
  ["a folded header", `GET /healthz HTTP/1.1\r\nHost: H\r\nX-A: one\r\n two\r\n\r\n`],
  ["bare line feeds", `GET /healthz HTTP/1.1\nHost: H\n\n`],
  ["a bare line feed in a header", `GET /healthz HTTP/1.1\r\nHost: H\nX-A: b\r\n\r\n`],
  ["a space before the colon", `GET /healthz HTTP/1.1\r\nHost: H\r\nX-A : b\r\n\r\n`],
  ["no Host", `GET /healthz HTTP/1.1\r\n\r\n`],
  ["two Hosts", `GET /healthz HTTP/1.1\r\nHost: H\r\nHost: I\r\n\r\n`],
  [
    "an unknown transfer coding",
    `POST /api/v1/auth/login HTTP/1.1\r\nHost: H\r\nTransfer-Encoding: xchunked\r\n\r\n`,
  ],
  [
    "a malformed chunk size",
    `POST /api/v1/auth/login HTTP/1.1\r\nHost: H\r\nContent-Type: application/json\r\n` +
      `Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
  ],
  [
    "a negative length",
    `POST /api/v1/auth/login HTTP/1.1\r\nHost: H\r\nContent-Length: -1\r\n\r\n`,
  ],
  ["a NUL in a header", `GET /healthz HTTP/1.1\r\nHost: H\r\nX-A: a\0b\r\n\r\n`],
];
for (const [name, bytes] of smuggled) {
  test(`refused and closed: ${name}`, async () => {
    const second = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const raw = await sendRaw(base, bytes.replace(/Host: H/g, `Host: ${host}`) + second);
    assert.ok(raw.status === 400 || raw.status === 501, raw.text.slice(0, 200));
    assert.equal(
      raw.text.match(/HTTP\/1\.1 /g)?.length,
      1,
      "nothing after it was taken for a request",
    );
    assert.ok(raw.closed, "closed");
  });
}

test("pipelined requests are answered in order", async () => {
  const one = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const raw = await sendRaw(base, one("/healthz") + one("/api/v1/me") + one("/api/v1/nothing"));
  const statuses = [...raw.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]);
  assert.equal(statuses.length, 3, raw.text);
  assert.deepEqual(statuses.slice(0, 2), ["200", "401"]);
});

test("HEAD is GET without the body", async () => {
  const raw = await sendRaw(
    base,
    `HEAD /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  );
  assert.equal(raw.status, 200, raw.text);
  assert.equal(raw.text.split("\r\n\r\n")[1], "");
});

test("health, readiness, metrics, pages", async () => {
  await nobody.expect(200, "get", "/healthz");
  await nobody.expect(200, "get", "/readyz");
  const metrics = await nobody.expect(200, "get", "/metrics");
  assert.match(metrics.text, /^# (HELP|TYPE) /m);
  assert.match(metrics.text, /^wardbook_[a-z_]+/m);
  for (const page of ["//", "//docs"]) {
    const answer = await nobody.any("GET", page);
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers["content-type"]), /^text\/html/);
  }
});

test("errors and metrics name no patient", async () => {
  const doctor = await as("doctor");
  const secret = "Xanthippe-Unheard-Of";
  const patient = await newPatient(doctor, { last_name: secret });
  const number = patient.patient_number;
  const answers = [
    await doctor.any("POST", "/patients", {
      body: {
        first_name: "A",
        last_name: "B",
        date_of_birth: "1980-01-01",
        sex: "male",
        patient_number: number,
      },
    }),
    await doctor.any("POST", "/records", {
      body: { patient_id: patient.id, visit_date: VISIT, visit_type: secret, notes: 5 },
    }),
    await doctor.any("GET", `/patients?limit=${secret}`),
  ];
  for (const answer of answers) {
    assert.ok(answer.status >= 400);
    assert.ok(!answer.text.includes(secret) && !answer.text.includes(number), answer.text);
  }
  const metrics = await nobody.expect(200, "get", "/metrics");
  assert.ok(!metrics.text.includes(secret));
});

test("long JSON comes compressed where it is asked for, and reads the same", async () => {
  const doctor = await as("doctor");
  const url = `${base}/api/v1/records?limit=20`;
  const ask = (accept?: string) =>
    send({
      method: "GET",
      url,
      headers: {
        authorization: `Bearer ${doctor.token}`,
        ...(accept === undefined ? {} : { "accept-encoding": accept }),
      },
    });
  const plain = await ask();
  assert.equal(plain.headers["content-encoding"], undefined);
  assert.match(String(plain.headers.vary), /accept-encoding/i);
  const zipped = await ask("gzip, deflate, br");
  assert.equal(zipped.headers["content-encoding"], "gzip");
  assert.ok(zipped.bytes.length < plain.bytes.length / 2);
  assert.deepEqual(JSON.parse(gunzipSync(zipped.bytes).toString("utf8")), JSON.parse(plain.text));
  const packed = await ask("gzip;q=0.5, zstd");
  assert.equal(packed.headers["content-encoding"], "zstd");
  assert.deepEqual([...packed.bytes.subarray(0, 4)], [0x28, 0xb5, 0x2f, 0xfd]);
  const signIn = await send({
    method: "POST",
    url: `${base}/api/v1/auth/login`,
    headers: { "content-type": "application/json", "accept-encoding": "gzip" },
    body: JSON.stringify({ email: "x".repeat(2000), password: "wrong" }),
  });
  assert.equal(signIn.headers["content-encoding"], undefined, "secrets are not compressed");
});
