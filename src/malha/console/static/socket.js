/** A minimal Socket.IO client (protocol 5 over Engine.IO 4): one WebSocket, events, acknowledgements, reconnection. */

const ACK_MILLISECONDS = 10_000;
const SHORTEST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/**
 * Events of its own: `connect`; `disconnect`; `refused` with the server's message as `detail`. Events of the server are
 * given to `onMessage(name, payload)`. `credentials()` resolves to the auth object, or to null to stay disconnected.
 */
export class Socket extends EventTarget {
  #url;
  #credentials;
  #onMessage;
  #socket = null;
  #auth = null;
  #isWanted = false;
  #failures = 0;
  #timer = null;
  #watchdog = null;
  #silenceMilliseconds = LONGEST_PAUSE;
  #nextAck = 1;
  #acks = new Map();
  isConnected = false;

  constructor(url, credentials, onMessage) {
    super();
    this.#url = url;
    this.#credentials = credentials;
    this.#onMessage = onMessage;
  }

  connect() {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#open();
  }

  close() {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#lose(this.#socket);
  }

  /** Send an event; resolves to the server's acknowledgement, rejects when none comes. */
  emit(name, payload) {
    if (!this.isConnected) return Promise.reject(new Error("not connected"));
    const id = this.#nextAck++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, null, new Error("no answer")), ACK_MILLISECONDS);
      this.#acks.set(id, { resolve, reject, timer });
      this.#socket.send(`42${id}${JSON.stringify([name, payload])}`);
    });
  }

  async #open() {
    try {
      this.#auth = await this.#credentials();
    } catch {
      return this.#retry();
    }
    if (!this.#isWanted || this.#auth === null) return undefined;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#watch();
    socket.addEventListener("message", (event) => socket === this.#socket && this.#receive(String(event.data)));
    socket.addEventListener("close", () => this.#lose(socket));
    return undefined;
  }

  #receive(data) {
    const [type, rest] = [data[0], data.slice(1)];
    if (type === "0") {
      const { pingInterval, pingTimeout } = JSON.parse(rest);
      this.#silenceMilliseconds = pingInterval + pingTimeout;
      this.#socket.send(`40${JSON.stringify(this.#auth)}`);
    } else if (type === "2") this.#socket.send("3");
    else if (type === "4") this.#receivePacket(rest[0], rest.slice(1));
    else if (type === "1") this.#lose(this.#socket);
    this.#watch();
  }

  #receivePacket(type, rest) {
    if (type === "0") {
      this.isConnected = true;
      this.#failures = 0;
      this.dispatchEvent(new Event("connect"));
    } else if (type === "2") {
      const [name, payload] = JSON.parse(rest);
      this.#onMessage(name, payload);
    } else if (type === "3") {
      const id = Number.parseInt(rest, 10);
      this.#settle(id, JSON.parse(rest.slice(String(id).length))[0]);
    } else if (type === "4") {
      this.dispatchEvent(new CustomEvent("refused", { detail: JSON.parse(rest).message }));
      this.#lose(this.#socket);
    } else if (type === "1") this.#lose(this.#socket);
  }

  #settle(id, answer, error) {
    const waiting = this.#acks.get(id);
    if (!waiting) return;
    this.#acks.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(error);
    else waiting.resolve(answer);
  }

  /** The server speaks at least once in a ping interval; when it does not, the connection is dead. */
  #watch() {
    clearTimeout(this.#watchdog);
    if (this.#socket) this.#watchdog = setTimeout(() => this.#lose(this.#socket), this.#silenceMilliseconds);
  }

  #lose(socket) {
    if (socket === null || socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#watchdog);
    socket.close();
    for (const id of [...this.#acks.keys()]) this.#settle(id, null, new Error("disconnected"));
    const wasConnected = this.isConnected;
    this.isConnected = false;
    if (this.#isWanted) this.#retry();
    if (wasConnected || this.#failures === 1) this.dispatchEvent(new Event("disconnect"));
  }

  #retry() {
    const pause = Math.min(SHORTEST_PAUSE * 2 ** this.#failures, LONGEST_PAUSE);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#open(), pause * (0.5 + Math.random()));
  }
}
