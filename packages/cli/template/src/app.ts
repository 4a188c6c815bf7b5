/** The composition of this service, and the program that runs it. @module */
import { analytics, eventDriven, multiAgent, multiTenant, rag } from '@plinth/core'
import { firstTenant, type RunningServer, runServer } from '@plinth/server'
import { apiOf } from './api.ts'
import { setUp } from './set-up.ts'

/** What is served and worked here. Of a pattern that is not on the list there are no paths and no jobs. */
const patterns = [analytics, eventDriven, multiAgent, multiTenant, rag]

/**
 * Starts the service. Where its data, models and tools are, the environment says: PLINTH_PLATFORM, PLINTH_DATA_DIR, PLINTH_MODEL,
 * PLINTH_MCP_SERVERS. What is our own is in set-up.ts.
 */
export async function start(environment: Readonly<Record<string, string | undefined>>): Promise<RunningServer> {
  const server = await runServer({ environment, patterns })
  const token = await server.issuer.sign({ tenant: firstTenant, user: 'set-up', permissions: ['*'], lifetime: 600 })
  await setUp(apiOf(server.url, token))
  return server
}

if (import.meta.main) {
  try {
    const { url, place, consoleLink } = await start(process.env)
    console.log(`Listening on ${url}, ${place}`)
    const link = consoleLink()
    if (link) console.log(`The console, good once, for an hour: ${link}`)
  } catch (error) {
    // What has a code was foreseen, such as a port that is taken; of all else the place is told, too.
    console.error(error instanceof Error && 'code' in error ? error.message : error)
    process.exit(1)
  }
}
