import { type RunningServer, type ServerOptions, startServer } from './node.ts'

/** Stopping takes at most this long; then the process ends as it is, which is safe too. */
const stopMilliseconds = 10_000

export type RunOptions = Omit<ServerOptions, 'onFatal'>

/**
 * Starts a server that the process is there for: SIGTERM and SIGINT stop it in good order and end the process, and so does data that can't
 * be written any more. One that is to live inside of another program is started by {@link startServer}.
 * @throws PlinthError with a message for the person who started it.
 */
export async function runServer(options: RunOptions): Promise<RunningServer> {
  const server = await startServer({
    ...options,
    onFatal: (error) => {
      console.error(`Plinth stops: ${error.message}`)
      process.exit(1)
    },
  })
  let stopping = false
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    // Once is enough: npm passes on a Ctrl+C that the terminal sends to everybody.
    if (stopping) return
    stopping = true
    const seconds = stopMilliseconds / 1_000
    server.log.info({ signal }, `Plinth stops: what does not end in ${seconds} seconds is taken up by the next start.`)
    setTimeout(() => process.exit(0), stopMilliseconds).unref()
    await server.stop()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
  return server
}
