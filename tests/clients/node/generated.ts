/** The clients that are generated from our documents: create, poll, download: `node generated.js FOLDER`.
 *
 * BASE, KEY and TOKEN name the server, an API key for /v1, and a device token for /api/v1. */

import assert from "node:assert/strict";
import fs from "node:fs";
import { setTimeout as later } from "node:timers/promises";
import { createClient as createApi } from "./api/client/index.js";
import * as api from "./api/sdk.gen.js";
import { createClient as createWire } from "./wire/client/index.js";
import * as wire from "./wire/sdk.gen.js";

const { BASE, KEY, TOKEN } = process.env;
const [folder] = process.argv.slice(2);

/** `/v1`: a video of the contract. */
async function video(): Promise<void> {
  const client = createWire({ baseUrl: `${BASE}/v1`, auth: () => KEY });
  const body = { prompt: "a red ball in a meadow", size: "1280x720", seconds: "4", tier: "preview" } as const;
  let { data: made } = await wire.createVideo({ client, body, throwOnError: true });
  const path = { video_id: made.id };
  while (made.status === "queued" || made.status === "in_progress") {
    await later(300);
    ({ data: made } = await wire.retrieveVideo({ client, path, throwOnError: true }));
  }
  assert.equal(made.status, "completed");
  const { data: file } = await wire.downloadVideo({ client, path, throwOnError: true });
  await save(`${made.size}-${made.seconds}-wire`, file);

  const refused = await wire.createVideo({ client, body: { prompt: "" } });
  assert.equal(refused.error?.error.code, "empty_string");
}

/** `/api/v1`: a job, its draft, and the address of its file. */
async function job(): Promise<void> {
  const client = createApi({ baseUrl: BASE!, auth: () => TOKEN });
  const { data: engine } = await api.engineGet({ client, throwOnError: true });
  const { width, height } = engine.sizes[0]!;
  let { data: made } = await api.jobsPost({
    client,
    body: { prompt: "a red ball in a meadow", seconds: 1, tier: "preview", width, height },
    headers: { "Idempotency-Key": crypto.randomUUID() },
    throwOnError: true,
  });
  while (made.state === "queued" || made.state === "running") {
    await later(300);
    ({ data: made } = await api.jobsOneGet({ client, path: { job_id: made.id }, throwOnError: true }));
  }
  assert.equal(made.state, "done");
  const path = { output_id: made.draft! };
  const { data: draft } = await api.draftsOneGet({ client, path, throwOnError: true });
  const address = (draft.media as { video: string }).video;
  await save("draft", await (await fetch(new URL(address, BASE))).blob());

  const refused = await api.jobsOneGet({ client, path: { job_id: crypto.randomUUID() } });
  assert.equal(refused.error?.code, "not_found");
}

async function save(name: string, file: Blob): Promise<void> {
  fs.writeFileSync(`${folder}/${name}.mp4`, Buffer.from(await file.arrayBuffer()));
}

await video();
await job();
