// A small job with node-redis: it ends with 0 when everything was as it has to be.
"use strict";

const { createClient, WatchError } = require("@redis/client");
const assert = require("assert");

async function job(url) {
  const client = createClient({ url });
  const other = client.duplicate();
  for (const each of [client, other]) {
    each.on("error", (error) => {
      throw error;
    });
    await each.connect();
  }

  // Strings, their lives, and several at once in one turn: node-redis pipelines them by itself.
  assert.equal(await client.set("string", "värde", { EX: 100, NX: true }), "OK");
  assert.equal(await client.set("string", "other", { NX: true }), null);
  assert.equal(await client.get("string"), "värde");
  const counted = await Promise.all(Array.from({ length: 1000 }, () => client.incr("n")));
  assert.deepEqual(counted, Array.from({ length: 1000 }, (_, i) => i + 1));

  assert.equal(await client.hSet("hash", { field: "value", other: 2 }), 2);
  assert.deepEqual({ ...(await client.hGetAll("hash")) }, { field: "value", other: "2" });
  assert.equal(await client.rPush("list", ["a", "b", "c"]), 3);
  assert.deepEqual(await client.lRange("list", 0, -1), ["a", "b", "c"]);
  assert.equal(await client.zAdd("zset", [{ score: 1, value: "a" }, { score: 2.5, value: "b" }]), 2);
  assert.deepEqual(await client.zRangeWithScores("zset", 0, -1), [
    { value: "a", score: 1 },
    { value: "b", score: 2.5 },
  ]);
  const found = [];
  for await (const key of client.scanIterator({ MATCH: "*s*", COUNT: 2 })) found.push(key);
  assert.deepEqual([...new Set(found)].sort(), ["hash", "list", "string", "zset"]);

  // Messages.
  const heard = new Promise((resolve) => {
    other.pSubscribe("n*", (message, channel) => resolve([channel, message])).then(() =>
      client.publish("news", "hello"));
  });
  assert.deepEqual(await heard, ["news", "hello"]);
  await other.pUnsubscribe("n*");

  // A transaction, and one that another connection spoils.
  assert.deepEqual(await client.multi().set("t", 1).incr("t").get("t").exec(), ["OK", 2, "2"]);
  const spoilt = client.executeIsolated(async (isolated) => {
    await isolated.watch("t");
    await other.set("t", "spoilt");
    return isolated.multi().incr("t").exec();
  });
  await assert.rejects(spoilt, WatchError);

  // Scripts.
  const script = "return {KEYS[1], ARGV[1], redis.call('INCRBY', KEYS[1], ARGV[1])}";
  assert.deepEqual(await client.eval(script, { keys: ["n"], arguments: ["5"] }), ["n", "5", 1005]);
  const loaded = await client.scriptLoad("return redis.error_reply('MINE no')");
  await assert.rejects(client.evalSha(loaded), /^Error: MINE no/);

  // One connection waits for what the other brings.
  const popped = other.blPop(["jobs", "more jobs"], 30);
  while (!/blocked_clients:1/.test(await client.info("clients")));
  await client.rPush("more jobs", "a job");
  assert.deepEqual({ ...(await popped) }, { key: "more jobs", element: "a job" });

  await assert.rejects(client.lPush("string", "x"), /^Error: WRONGTYPE/);
  await Promise.all([client.quit(), other.quit()]);
}

job(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
