const waiting: (() => void)[] = []
let channel: MessageChannel | undefined

/** What Node's ports have beside a browser's: one that is waited for keeps the process alive. */
type Port = MessagePort & { ref?(): void; unref?(): void }

/**
 * Resolves in a macrotask of its own, after everything that was waiting on settled promises. A message port is the only macrotask that both
 * a browser-like library and Node know without typings of their own; one for all costs a tenth of one for each.
 */
export function macrotask(): Promise<void> {
  channel ??= opened()
  const { port1, port2 } = channel
  if (waiting.length === 0) (port1 as Port).ref?.()
  return new Promise((resolve) => {
    waiting.push(resolve)
    port2.postMessage(undefined)
  })
}

function opened(): MessageChannel {
  const made = new MessageChannel()
  made.port1.onmessage = () => {
    const run = waiting.shift()
    if (waiting.length === 0) (made.port1 as Port).unref?.()
    run?.()
  }
  return made
}
