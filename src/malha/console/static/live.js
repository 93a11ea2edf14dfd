/**
 * Live news: over the socket while it is there, else over Server-Sent Events and by asking again. Either way a job's
 * events come once and in order, because both replay the log from the last sequence number that was seen.
 */

import { request } from "./api.js";
import { accessToken } from "./session.js";
import { Socket } from "./socket.js";

const PATIENCE_MILLISECONDS = 3_000;
const ASK_AGAIN_MILLISECONDS = 4_000;
const ENDED_MILLISECONDS = 10_000; // an ended job may still be retried
const RENEW_MILLISECONDS = 60_000;

export class Live extends EventTarget {
  #socket;
  #token = null;
  #isRefused = false;
  #follows = new Set();
  #overviews = new Set();
  #patience = null;
  #renewal;
  #room = null;
  state = "connecting";

  constructor() {
    super();
    const url = new URL("socket.io/?EIO=4&transport=websocket", document.baseURI.replace(/#.*$/, ""));
    url.protocol = url.protocol.replace("http", "ws");
    this.#socket = new Socket(url, () => this.#credentials(), (name, payload) => this.#hear(name, payload));
    this.#socket.addEventListener("refused", () => (this.#isRefused = true));
    this.#socket.addEventListener("disconnect", () => this.#fallBack());
    this.#socket.connect();
    this.#patience = setTimeout(() => this.#fallBack(), PATIENCE_MILLISECONDS);
    this.#renewal = setInterval(() => this.#renew(), RENEW_MILLISECONDS);
  }

  close() {
    clearTimeout(this.#patience);
    clearInterval(this.#renewal);
    for (const follow of this.#follows) follow.stopStream();
    for (const overview of this.#overviews) clearInterval(overview.timer);
    this.#socket.close();
  }

  /** Get a job's events behind `after`; returns how to stop. */
  follow(jobId, after, onEvent) {
    const follow = new Follow(jobId, after, onEvent);
    this.#follows.add(follow);
    if (this.#room) this.#join(follow);
    else if (this.state === "fallback") follow.startStream();
    return () => {
      this.#follows.delete(follow);
      follow.stopStream();
      if (this.#socket.isConnected) this.#socket.emit("leave", { room: follow.room }).catch(() => {});
    };
  }

  /** Hear of all jobs of the workspace; `onReread` is called when something may have been missed. */
  overview(onEvents, onReread) {
    const overview = { onEvents, onReread, timer: null };
    this.#overviews.add(overview);
    if (this.state === "fallback") this.#askAgain(overview);
    return () => {
      this.#overviews.delete(overview);
      clearInterval(overview.timer);
    };
  }

  async #credentials() {
    this.#token = await accessToken({ isRefused: this.#isRefused });
    this.#isRefused = false;
    return this.#token && { token: this.#token };
  }

  async #renew() {
    const token = await accessToken().catch(() => null);
    if (!token || token === this.#token || !this.#socket.isConnected) return;
    this.#token = token;
    this.#socket.emit("authenticate", { token }).catch(() => {});
  }

  #hear(name, payload) {
    if (name === "event") {
      for (const follow of this.#follows) if (follow.jobId === payload.job_id) follow.take(payload);
    } else if (name === "activity") {
      for (const overview of this.#overviews) overview.onEvents(payload.events);
    } else if (name === "resync") {
      for (const overview of this.#overviews) overview.onReread();
    } else if (name === "connected") this.#start(payload.workspace_id);
  }

  #start(workspaceId) {
    clearTimeout(this.#patience);
    const isReturning = this.state === "fallback";
    this.#room = `workspace:${workspaceId}`;
    this.#show("live");
    this.#socket.emit("join", { room: this.#room }).catch(() => {});
    for (const follow of this.#follows) this.#join(follow);
    for (const overview of this.#overviews) {
      clearInterval(overview.timer);
      if (isReturning) overview.onReread();
    }
  }

  #join(follow) {
    follow.stopStream();
    this.#socket.emit("join", { room: follow.room, last_seq: follow.lastSeq }).catch(() => {});
  }

  #fallBack() {
    if (this.state === "fallback") return;
    this.#room = null;
    this.#show("fallback");
    for (const follow of this.#follows) follow.startStream();
    for (const overview of this.#overviews) this.#askAgain(overview);
  }

  #askAgain(overview) {
    overview.onReread();
    overview.timer = setInterval(overview.onReread, ASK_AGAIN_MILLISECONDS);
  }

  #show(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

class Follow {
  #stream = null;
  #hasEnded = false;

  constructor(jobId, after, onEvent) {
    this.jobId = jobId;
    this.room = `job:${jobId}`;
    this.lastSeq = after;
    this.onEvent = onEvent;
  }

  take(event) {
    if (event.seq <= this.lastSeq) return;
    this.lastSeq = event.seq;
    this.onEvent(event);
  }

  stopStream() {
    this.#stream?.abort();
    this.#stream = null;
  }

  async startStream() {
    if (this.#stream) return;
    const stream = (this.#stream = new AbortController());
    while (!stream.signal.aborted) {
      try {
        await this.#read(stream.signal);
      } catch {
        // A stream that broke is opened again, from where it was.
      }
      const pause = this.#hasEnded ? ENDED_MILLISECONDS : ASK_AGAIN_MILLISECONDS / 2;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async #read(signal) {
    const headers = { "Last-Event-ID": String(this.lastSeq) };
    const response = await request(`audits/${this.jobId}/events`, { headers, signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const frames = (text + piece.value).split("\n\n");
      text = frames.pop();
      for (const frame of frames) this.#takeFrame(frame);
    }
  }

  #takeFrame(frame) {
    const lines = frame.split("\n");
    this.#hasEnded = lines.includes("event: end");
    const data = lines.find((line) => line.startsWith("data: "));
    if (data && lines.some((line) => line.startsWith("id: "))) this.take(JSON.parse(data.slice(6)));
  }
}
