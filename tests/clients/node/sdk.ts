/** The official Node SDK through every call of the contract: `node sdk.js CLIP FOLDER`.
 *
 * OPENAI_BASE_URL and OPENAI_API_KEY name the server. Films lie in FOLDER afterwards, named by the size and
 * the seconds that were asked; whatever is not as it should be ends it with an error. */

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { once } from "node:events";
import { setTimeout as later } from "node:timers/promises";
import OpenAI from "openai";

type Taken = { body: string; headers: Record<string, string> };

const [clip, folder] = process.argv.slice(2) as [string, string];
const client = new OpenAI({ maxRetries: 0 });

async function main(): Promise<void> {
  const { server, url, taken } = await receiver();
  const endpoint = await client.webhooks.create({ name: "Mine", url, event_types: ["video.completed"] });
  const picture = await characters();
  await videos(picture);
  await heard(taken, endpoint.signing_secret);
  await endpoints(endpoint.id, taken);
  await othersAndErrors();
  server.close();
}

/** A small server that keeps what it is sent. */
async function receiver(): Promise<{ server: http.Server; url: string; taken: Taken[] }> {
  const taken: Taken[] = [];
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    taken.push({ body, headers: request.headers as Record<string, string> });
    response.end("OK");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(address !== null && typeof address === "object");
  return { server, url: `http://127.0.0.1:${address.port}/hook`, taken };
}

/** A character of the clip; the id of a file as well, a still of a first video with it. */
async function characters(): Promise<string> {
  const made = await client.videos.createCharacter({ name: "Momo", video: fs.createReadStream(clip) });
  assert.equal(made.name, "Momo");
  let found = await client.videos.getCharacter(made.id!);
  while ((found as { state?: string }).state === "making") {
    await later(300);
    found = await client.videos.getCharacter(made.id!);
  }
  const cast = { prompt: "Momo in a meadow", tier: "preview", characters: [{ id: made.id }] };
  const video = await finished(await client.videos.create(cast as OpenAI.VideoCreateParams));
  const still = await client.videos.downloadContent(video.id, { variant: "thumbnail" });
  const upload = new File([await still.arrayBuffer()], "meadow.webp");
  const file = await client.files.create({ file: upload, purpose: "vision" });
  assert.deepEqual(await client.files.retrieve(file.id), file);
  assert((await (await client.files.content(file.id)).arrayBuffer()).byteLength > 0);
  return file.id;
}

/** Made, remixed, edited, extended, listed, deleted; nested fields as the SDK sends them. */
async function videos(picture: string): Promise<void> {
  const asked = {
    prompt: "a red ball in a meadow",
    seconds: "4",
    size: "1280x720",
    model: "sora-2",
    input_reference: { file_id: picture },
    attested: true,
  };
  const made = await finished(await client.videos.create(asked as OpenAI.VideoCreateParams));
  await save(made);
  for (const variant of ["thumbnail", "spritesheet"] as const) {
    const still = await client.videos.downloadContent(made.id, { variant });
    assert.equal(still.headers.get("content-type"), "image/webp");
  }
  const remix = await client.videos.remix(made.id, { prompt: "a blue ball in the snow" });
  const edit = await client.videos.edit({ prompt: "at night", video: { id: made.id } });
  const longer = await client.videos.extend({ prompt: "it rolls away", seconds: "4", video: { id: made.id } });
  for (const video of [remix, edit, longer]) {
    assert.equal(video.remixed_from_video_id, made.id);
    await save(await finished(video));
  }
  assert.equal(longer.seconds, "8");
  const listed = [];
  for await (const video of client.videos.list({ limit: 2 })) listed.push(video.id);
  assert.deepEqual(listed.slice(0, 4), [longer.id, edit.id, remix.id, made.id]);
  assert((await client.videos.delete(made.id)).deleted);
  await assert.rejects(client.videos.retrieve(made.id), OpenAI.NotFoundError);
  await assert.rejects(client.videos.downloadContent(made.id), OpenAI.NotFoundError);
}

async function finished(video: OpenAI.Video): Promise<OpenAI.Video> {
  while (video.status === "queued" || video.status === "in_progress") {
    await later(300);
    video = await client.videos.retrieve(video.id);
  }
  assert.deepEqual([video.status, video.progress, video.error], ["completed", 100, null]);
  return video;
}

async function save(video: OpenAI.Video): Promise<void> {
  const content = await client.videos.downloadContent(video.id);
  const name = `${folder}/${video.size}-${video.seconds}-${video.id}.mp4`;
  fs.writeFileSync(name, Buffer.from(await content.arrayBuffer()));
}

/** Deliveries are what the SDK's own `unwrap` takes, and nothing else is. */
async function heard(taken: Taken[], secret: string): Promise<void> {
  while (taken.length < 5) await later(50);
  for (const { body, headers } of taken) {
    const event = await client.webhooks.unwrap(body, headers, secret);
    assert.equal(event.type as string, "video.completed");
  }
  const { body, headers } = taken[0]!;
  await assert.rejects(client.webhooks.unwrap(body + " ", headers, secret));
}

async function endpoints(id: string, taken: Taken[]): Promise<void> {
  const changed = await client.webhooks.update(id, { name: "B", event_types: ["video.failed"] });
  assert.deepEqual(await client.webhooks.retrieve(id), changed);
  const { signing_secret } = await client.webhooks.rotateSecret(id);
  const tested = await client.webhooks.test(id, { event_type: "video.failed" });
  assert.equal(tested.status_code, 200);
  const { body, headers } = taken.at(-1)!;
  assert.equal((await client.webhooks.unwrap(body, headers, signing_secret)).type as string, "video.failed");
  assert((await client.webhooks.eventTypes.list()).data.includes("video.failed"));
  const found = [];
  for await (const one of client.webhooks.list()) found.push(one.id);
  assert.deepEqual(found, [id]);
  assert((await client.webhooks.delete(id)).deleted);
}

async function othersAndErrors(): Promise<void> {
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  assert(models.includes("sora-2"));
  assert.equal((await client.models.retrieve("sora-2-pro")).id, "sora-2-pro");
  const judged = await client.moderations.create({ input: ["a red ball", "a blue ball"] });
  assert.deepEqual(judged.results.map((one) => one.flagged), [false, false]);
  for await (const file of client.files.list()) assert((await client.files.delete(file.id)).deleted);
  const wrong = { prompt: "a ball", seconds: "5" } as unknown as OpenAI.VideoCreateParams;
  await assert.rejects(client.videos.create(wrong), (error: unknown) => {
    assert(error instanceof OpenAI.BadRequestError);
    assert.deepEqual([error.code, error.param, Boolean(error.requestID)], ["invalid_value", "seconds", true]);
    return true;
  });
  const stranger = new OpenAI({ apiKey: "sk-wrong", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
}

await main();
