// Writing records, and the reads beside it, by a client of its own: one program, or two in turns, so
// that a machine that changes its pace changes it for both.
import { Agent, request } from "node:http";
import { cpuSeconds, familyCpuSeconds, pause } from "./process.mjs";

const TENANT = "demo_hospital_001";
const ROUNDS = 5;

const HISTORY =
  "Worsening shortness of breath over three days, productive cough with yellow sputum, no haemoptysis. " +
  "Temperature up to 38.6 at home. Known hypertension and type 2 diabetes, both treated. " +
  "No recent travel, no contact with tuberculosis. Sleeps on two pillows, no ankle swelling. ";

function visit(patientId, doctorId, turn) {
  return {
    patient_id: patientId,
    doctor_id: doctorId,
    visit_date: "2026-03-02T09:30:00Z",
    visit_type: "consultation",
    chief_complaint: `Cough and fever, day ${turn}`,
    history_of_present_illness: HISTORY.repeat(3),
    physical_examination: "Crackles over the right base, dull to percussion. Heart sounds normal, no murmur.",
    diagnosis: "Community-acquired pneumonia, right lower lobe",
    treatment_plan: "Amoxicillin for seven days, paracetamol as needed, back if breathless at rest.",
    vital_signs: {
      systolic_mmhg: 138,
      diastolic_mmhg: 84,
      pulse_bpm: 96,
      temperature_c: 38.2,
      spo2_percent: 94,
      weight_kg: 81.5,
    },
    prescriptions: [
      { medication: "Doxycycline", dosage: "100 mg", frequency: "twice daily", duration: "7 days" },
      { medication: "Paracetamol", dosage: "1 g", frequency: "every six hours as needed" },
    ],
    lab_results: [
      { test: "CRP", value: "84", unit: "mg/L", reference_high: 5 },
      { test: "Potassium", value: "4.1", unit: "mmol/L", reference_low: 3.5, reference_high: 5.1 },
    ],
    notes: "Seen with her daughter.",
  };
}

function send(agent, origin, method, target, token, { body, headers = {} } = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const all = { Authorization: `Bearer ${token}`, ...headers };
  if (text !== undefined) {
    all["Content-Type"] = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    all["Content-Length"] = Buffer.byteLength(text);
  }
  return new Promise((resolve, reject) => {
    const sent = request(origin + target, { agent, method, headers: all }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const content = Buffer.concat(parts);
        resolve({ status: answer.statusCode, headers: answer.headers, content });
      });
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

/** What each worker does again and again; `prepare` makes what belongs to one worker. */
const SCENARIOS = [
  {
    name: "GET /records/{id}",
    once: (call, { ids }, turn) => call("GET", `/api/v1/records/${ids[turn % ids.length]}`),
    status: 200,
  },
  {
    name: "GET /records, page of 50",
    once: (call) => call("GET", "/api/v1/records?limit=50"),
    status: 200,
  },
  {
    name: "GET /records, page of 50, fields=summary",
    supported: (answers) => answers("/api/v1/records?limit=1&fields=summary"),
    once: (call) => call("GET", "/api/v1/records?limit=50&fields=summary"),
    status: 200,
  },
  {
    name: "POST /records",
    once: (call, { patientId, doctorId }, turn) =>
      call("POST", "/api/v1/records", { body: visit(patientId, doctorId, turn) }),
    status: 201,
  },
  {
    name: "PATCH /records/{id}",
    async prepare(call, { patientId, doctorId }) {
      const made = await call("POST", "/api/v1/records", { body: visit(patientId, doctorId, 0) });
      return { id: JSON.parse(made.content).id, etag: made.headers.etag };
    },
    async once(call, _, turn, own) {
      const answer = await call("PATCH", `/api/v1/records/${own.id}`, {
        body: { history_of_present_illness: HISTORY.repeat(3) + turn },
        headers: { "If-Match": own.etag },
      });
      own.etag = answer.headers.etag;
      return answer;
    },
    status: 200,
  },
];

class Side {
  constructor(name, demo) {
    this.name = name;
    this.demo = demo;
    this.agent = new Agent({ keepAlive: true });
  }

  async signIn() {
    this.token = await this.demo.signIn(TENANT);
  }

  call = (method, target, options) =>
    send(this.agent, this.demo.origin, method, target, this.token, options);

  answers = async (target) => (await this.call("GET", target)).status === 200;

  async learn() {
    await this.signIn();
    const ids = await this.demo.recordIds(this.token);
    const record = await this.demo.get(`/api/v1/records/${ids[0]}`, this.token);
    this.world = { ids, patientId: record.patient_id, doctorId: record.doctor_id };
  }

  /** Runs a scenario for some seconds. Fails on any answer but the expected one. */
  async run(scenario, connections, seconds) {
    const until = performance.now() + seconds * 1000;
    const took = [];
    let bytes = 0;
    const worker = async (index) => {
      const own = await scenario.prepare?.(this.call, this.world);
      for (let turn = index; performance.now() < until; turn += connections) {
        const begun = performance.now();
        const answer = await scenario.once(this.call, this.world, turn, own);
        if (answer.status !== scenario.status) {
          throw new Error(`${scenario.name}: ${answer.status} ${answer.content}`);
        }
        took.push(performance.now() - begun);
        bytes += answer.content.length;
      }
    };
    const before = [cpuSeconds(this.demo.pid), familyCpuSeconds(this.demo.postmaster)];
    const begun = performance.now();
    await Promise.all(Array.from({ length: connections }, (_, index) => worker(index)));
    const lasted = (performance.now() - begun) / 1000;
    // What follows a write, sealing above all, belongs to it.
    await pause(300);
    const service = cpuSeconds(this.demo.pid) - before[0];
    const postgres = familyCpuSeconds(this.demo.postmaster) - before[1];
    return { took, bytes, lasted, service, postgres };
  }
}

function summed(parts) {
  const took = parts.flatMap((part) => part.took).sort((a, b) => a - b);
  const sum = (field) => parts.reduce((all, part) => all + part[field], 0);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
  return {
    requests: took.length,
    per_second: took.length / sum("lasted"),
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    bytes_per_answer: Math.round(sum("bytes") / took.length),
    service_cpu_us: (sum("service") / took.length) * 1e6,
    postgres_cpu_us: (sum("postgres") / took.length) * 1e6,
  };
}

/**
 * @param demos [[name, Demo]]: one or two programs, measured in turns.
 * @param seconds of each scenario, connection count and program, in five rounds.
 */
export async function measureWrites(demos, { seconds, connections, say }) {
  const sides = demos.map(([name, demo]) => new Side(name, demo));
  for (const side of sides) await side.learn();
  const rows = [];
  for (const scenario of SCENARIOS) {
    for (const count of connections) {
      say(`${scenario.name}, ${count} connections`);
      const parts = new Map();
      for (const side of sides) {
        await side.signIn();
        if (scenario.supported && !(await scenario.supported(side.answers))) continue;
        await side.run(scenario, count, 0.5);
        parts.set(side, []);
      }
      for (let round = 0; round < ROUNDS; ++round) {
        for (const [side, done] of parts) done.push(await side.run(scenario, count, seconds / ROUNDS));
      }
      for (const [side, done] of parts) {
        rows.push({ scenario: scenario.name, program: side.name, connections: count, ...summed(done) });
      }
    }
  }
  return rows;
}
