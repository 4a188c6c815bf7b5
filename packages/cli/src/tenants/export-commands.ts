import { createReadStream } from 'node:fs'
import { PlinthError, type StatementKeys, statementKeys } from '@plinth/core'
import type { Command } from 'commander'
import { readKeySet, serverUrl } from '../client.ts'
import { readJsonObject } from '../json-file.ts'
import type { Outcome } from '../subcommand.ts'
import { unreadFile } from '../unread-file.ts'
import { countOf } from '../words.ts'
import { verdictWords } from './audit-commands.ts'
import type { Seal } from './seal.ts'
import { writeOut } from './standard-output.ts'
import { administrator, subcommand, tenantPath } from './subcommand.ts'
import { verifyExport } from './verify-export.ts'
import { copyExport, writeExport } from './write-export.ts'

export function exportCommands(): Command[] {
  return [
    subcommand<{ readonly out?: string }>('export', 'Everything that is its, a line of JSON each.', (asked) =>
      exportTenant(asked.args[0], asked.options.out),
    )
      .argument('<id>', 'the tenant')
      .option('--out <file.jsonl>', 'where it goes, readable for you alone (default: standard output)'),
    subcommand<{ readonly jwks?: string }>('verify-export', 'Look whether an export is whole and unchanged.', (asked) =>
      lookThrough(asked.args[0] ?? '', asked.options.jwks),
    )
      .argument('<file>', 'the export')
      .option('--jwks <file or URL>', 'the public keys of the Plinth that made it (default: those of the server)'),
  ]
}

async function exportTenant(id: string | undefined, out: string | undefined): Promise<Outcome | undefined> {
  const path = tenantPath(id, '/export')
  const client = await administrator()
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  try {
    const bytes = await client.stream(path, { type: 'application/x-ndjson', signal: stop.signal })
    if (out !== undefined) return exportWords(out, await writeExport(bytes, out))
    await copyExport(bytes, writeOut)
    return undefined
  } catch (cause) {
    if (!stop.signal.aborted) throw cause
    throw new PlinthError('interrupted', 'Interrupted: the export is not whole, and no file of it was kept.', true, { cause })
  }
}

function exportWords(file: string, { tenant_id, lines, sha256, at }: Seal): Outcome {
  return {
    good: true,
    facts: { file, tenant_id, lines, sha256, at: new Date(at * 1_000).toISOString() },
    words: [
      `Exported ${tenant_id} to ${file}: ${countOf(lines, 'line')}. It is not encrypted: whoever has it can read everything.`,
      `To see later that it is whole: plinth tenants verify-export ${file}`,
    ],
  }
}

async function lookThrough(file: string, jwks: string | undefined): Promise<Outcome> {
  const keys = await keysFrom(jwks)
  const verdict = await verifyExport(read(file), keys)
  const { valid, tenant_id, at, lines, faults, audit } = verdict
  return {
    good: valid,
    facts: { file, ...verdict },
    words: valid
      ? [
          `${file} is whole and unchanged: all of ${tenant_id} at ${at}, ${countOf(lines, 'line')}.`,
          verdictWords('The audit trail in it', audit),
        ]
      : [`${file} is NOT a good export:`, ...faults.map(({ message }) => `  ${message}`)],
  }
}

async function keysFrom(jwks: string | undefined): Promise<StatementKeys> {
  if (jwks !== undefined && !/^https?:\/\//i.test(jwks)) return statementKeys(readJsonObject(jwks, 'jwks'))
  try {
    return await statementKeys(await readKeySet(jwks ?? `${serverUrl(process.env)}/.well-known/jwks.json`))
  } catch (cause) {
    if (!PlinthError.is(cause) || cause.code !== 'no_server') throw cause
    throw new PlinthError(cause.code, `${cause.message} Or give the file of its keys by --jwks.`, true, { cause })
  }
}

async function* read(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: 1024 * 1024 })
  } catch (cause) {
    throw unreadFile(file, 'file', cause)
  }
}
