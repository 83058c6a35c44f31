// Connects as the official clients do (address, headers and query as JSON) and prints every event as [name, ...payload].
import { io } from "socket.io-client";

const [address, headers, query] = process.argv.slice(2);
const say = (...event) => console.log(JSON.stringify(event));
const socket = io(address, {
  path: "/api/socket.io",
  transports: ["websocket"],
  reconnection: false,
  extraHeaders: JSON.parse(headers),
  query: JSON.parse(query),
});
socket.on("connect", () => say("connect"));
socket.on("connect_error", (error) => say("connect_error", String(error)));
socket.on("disconnect", () => say("disconnect"));
socket.onAny(say);
