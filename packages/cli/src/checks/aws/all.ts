import { environment, node, unknownVariables } from '../environment.ts'
import { issuers } from '../issuers.ts'
import { mcpServers } from '../mcp-servers.ts'
import { model, modelServer } from '../model.ts'
import type { AwsPatient, Check } from '../patient.ts'
import { peers } from '../peers.ts'
import { bucket, bucketEncryption, lifecycle, publicAccess, versions } from './bucket.ts'
import { eventStream, streamLag } from './event-stream.ts'
import { clock, identity } from './identity.ts'
import { keyRotation, keyUse, pooledKey, tenantKeys } from './keys.ts'
import { modelAccess, modelCalls, modelLifecycles } from './model-access.ts'
import { bus, deadLetters, jobs, outbox, queues } from './queues.ts'
import { functionQuota, modelQuota } from './quotas.ts'
import { region } from './region.ts'
import { server } from './server.ts'
import { expiry, issuerKey, recovery, table, tableProtection, tableStream } from './table.ts'
import { alertTopics } from './topics.ts'

/** What needs no account. */
export const settingChecks: readonly Check[] = [node, environment, unknownVariables, issuers, mcpServers, peers]

/** Who asks: without credentials there is nothing more to ask. */
export const identityChecks: readonly Check<AwsPatient>[] = [region, identity, clock]

/** What the account holds, in the order that it is told. */
export const accountChecks: readonly Check<AwsPatient>[] = [
  table,
  tableStream,
  expiry,
  recovery,
  tableProtection,
  issuerKey,
  bucket,
  publicAccess,
  bucketEncryption,
  versions,
  lifecycle,
  bus,
  queues,
  eventStream,
  streamLag,
  pooledKey,
  keyRotation,
  keyUse,
  tenantKeys,
  alertTopics,
  jobs,
  deadLetters,
  outbox,
  ...modelAccess,
  ...modelCalls,
  functionQuota,
  modelQuota,
]

/** Models by what the catalogue knows, and whoever answers on this machine. */
export const otherChecks: readonly Check<AwsPatient>[] = [model, ...modelLifecycles, modelServer, server]
