import { clock } from './clock.ts'
import { database, integrity, log, shutdown } from './database.ts'
import { diskSpeed, fileSystem, room } from './disk.ts'
import { environment, node, unknownVariables } from './environment.ts'
import { dataFolder, permissions } from './folder.ts'
import { issuers } from './issuers.ts'
import { masterKey } from './master-key.ts'
import { mcpServers } from './mcp-servers.ts'
import { model, provider } from './model.ts'
import type { Check } from './patient.ts'
import { peers } from './peers.ts'
import { server } from './server.ts'
import { deadLetters, jobs, relay } from './work.ts'

/** What `plinth doctor` looks at, in the order that it tells. */
export const checks: readonly Check[] = [
  node,
  environment,
  unknownVariables,
  issuers,
  mcpServers,
  peers,
  dataFolder,
  permissions,
  fileSystem,
  room,
  diskSpeed,
  clock,
  database,
  log,
  integrity,
  shutdown,
  masterKey,
  jobs,
  deadLetters,
  relay,
  model,
  provider,
  server,
]
