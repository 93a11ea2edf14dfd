// The contract as the official JavaScript client sees it: prints every event of one room as a line of JSON.
import { createRequire } from "node:module";

const [url, token, room] = process.argv.slice(2);
const { io } = createRequire(`${process.env.SOCKET_IO_CLIENT}/`)("socket.io-client");
const socket = io(url, { auth: { token }, reconnection: false });
const say = (name, payload) => console.log(JSON.stringify([name, payload]));

socket.onAny((name, payload) => {
  say(name, payload);
  const isFinal = name === "classification_finished" || name === "batch_classification_finished";
  if (isFinal || payload?.status === "failed") socket.disconnect();
});
socket.on("connected", () => {
  socket.emit("ping_event", { any: "thing" });
  socket.send("olá");
  socket.emit("join", { room_id: room }, (answer) => say("joined", answer));
});
socket.on("connect_error", (error) => {
  say("connect_error", error.message);
  process.exit(1);
});
