// statistics.list on express and MongoDB's own driver, without anything else: node server.mjs MONGO_URL WORKSPACE PORT
import { createHash } from "node:crypto";
import express from "express";
import { BSON, MongoClient } from "mongodb";

const [url, workspace, port] = process.argv.slice(2);
const client = await new MongoClient(url).connect();
const users = client.db("rocketchat").collection("users");
const permissions = client.db("rocketchat").collection("rocketchat_permissions");
const snapshots = client.db("rcstats").collection("statistics");

const app = express();
app.disable("x-powered-by");
app.disable("etag"); // it would cost a hash of each answer

async function login(request, response, next) {
  const hashedToken = createHash("sha256").update(request.get("X-Auth-Token") ?? "").digest("base64");
  const user = await users.findOne(
    { _id: request.get("X-User-Id"), "services.resume.loginTokens.hashedToken": hashedToken },
    { projection: { roles: 1 } },
  );
  const permission = user && (await permissions.findOne({ _id: "view-statistics" }, { projection: { roles: 1 } }));
  if (permission?.roles.some((role) => user.roles.includes(role))) return next();
  response.status(401).json({ status: "error", message: "You must be logged in to do this." });
}

const parsed = (text, fallback) => (text ? BSON.EJSON.parse(text) : fallback);

app.get("/api/v1/statistics.list", login, async (request, response) => {
  const { query, fields, sort, offset = "0", count = "50" } = request.query;
  const where = { "collector.workspace": workspace, ...parsed(query, {}) };
  const page = snapshots.find(where, { projection: parsed(fields, {}) });
  page.sort(parsed(sort, { createdAt: -1 })).skip(Number(offset)).limit(Number(count));
  const [statistics, total] = await Promise.all([page.toArray(), snapshots.countDocuments(where)]);
  response.json({ statistics, count: statistics.length, offset: Number(offset), total, success: true });
});

app.listen(Number(port), "127.0.0.1");
