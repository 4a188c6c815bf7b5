import { environment, node, unknownVariables } from '../environment.ts'
import { issuers } from '../issuers.ts'
import { mcpServers } from '../mcp-servers.ts'
import { model, provider } from '../model.ts'
import type { Check, EmbeddedPatient } from '../patient.ts'
import { peers } from '../peers.ts'
import { clock } from './clock.ts'
import { database, integrity, log, shutdown } from './database.ts'
import { diskSpeed, fileSystem, room } from './disk.ts'
import { dataFolder, permissions } from './folder.ts'
import { masterKey } from './master-key.ts'
import { server } from './server.ts'
import { deadLetters, jobs, relay } from './work.ts'

/** What `plinth doctor` looks at where Plinth is one process with a data folder, in the order that it tells. */
export const embeddedChecks: readonly Check<EmbeddedPatient>[] = [
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
