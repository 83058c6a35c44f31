/**
 * What a listener needs of socket.io: one websocket, events that come on it, and coming back after it was lost. The library
 * of that name does far more, and starting it kept a phone busy just when the first photos were there.
 *
 * Every message begins with a digit of Engine.IO (0 hello, 1 end, 2 ping, 3 pong, 4 message); of a message, the second is
 * of Socket.IO (0 connected, 1 ended, 2 event, 4 refused). https://socket.io/docs/v4/socket-io-protocol/
 */
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 60_000;

interface Hello {
  pingInterval: number;
  pingTimeout: number;
}

/** Listens until the function that comes back is called. `onreturn`: what was said meanwhile was missed. */
export function listenAt(path: string, on: Record<string, (...said: never[]) => void>, onreturn: () => void): () => void {
  let socket: WebSocket | undefined;
  let pause = FIRST_PAUSE;
  let wasThere = false;
  let isOver = false;
  /** The server that does not ping for so long is away, whatever the network says. */
  let patience = 60_000;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;

  function connect(): void {
    clearTimeout(again);
    const made = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${path}/?EIO=4&transport=websocket`);
    socket = made;
    made.onmessage = ({ data }) => {
      wait(made);
      if (typeof data === 'string') read(made, data);
    };
    made.onclose = () => {
      clearTimeout(silence);
      if (isOver || socket !== made) return;
      // Not all who lost one server come back to it at one moment.
      again = setTimeout(connect, pause * (0.5 + Math.random()));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
    wait(made);
  }

  function wait(made: WebSocket): void {
    clearTimeout(silence);
    silence = setTimeout(() => made.close(), patience);
  }

  function read(made: WebSocket, text: string): void {
    if (text.startsWith('0')) {
      const { pingInterval, pingTimeout } = JSON.parse(text.slice(1)) as Hello;
      patience = pingInterval + pingTimeout;
      made.send('40');
    } else if (text === '2') made.send('3');
    else if (text.startsWith('40')) {
      pause = FIRST_PAUSE;
      if (wasThere) onreturn();
      wasThere = true;
    } else if (text.startsWith('42')) {
      const [name, ...said] = JSON.parse(text.slice(text.indexOf('['))) as [string, ...never[]];
      on[name]?.(...said);
    } else if (/^(1|41|44)/.test(text)) made.close();
  }

  const online = () => socket?.readyState === WebSocket.CLOSED && connect();
  addEventListener('online', online);
  connect();
  return () => {
    isOver = true;
    removeEventListener('online', online);
    clearTimeout(again);
    clearTimeout(silence);
    socket?.close();
  };
}
