import { systemTenant } from '@plinth/core'
import type { Command } from 'commander'
import { limitOf, moreWords, readList } from '../read-list.ts'
import type { Outcome } from '../subcommand.ts'
import { table } from '../table.ts'
import { countOf } from '../words.ts'
import type { AuditFault, ShownEntry, Verdict } from './answers.ts'
import { administrator, subcommand, tenantPath } from './subcommand.ts'

const trailWords = `the tenant, or ${systemTenant} for what was done to tenants`

export function auditCommands(): Command[] {
  return [
    subcommand<{ readonly limit: string }>('audit', 'Who did what for it, and how it was decided, newest first.', (asked) =>
      audit(asked.args[0], asked.options.limit),
    )
      .argument('<id>', trailWords)
      .option('--limit <number>', 'the most that are shown', '50'),
    subcommand('verify', 'Look whether its audit trail is whole; exit code 1 when it is not.', ({ args: [id] }) =>
      verify(id),
    ).argument('<id>', trailWords),
  ]
}

async function audit(id: string | undefined, most: string): Promise<Outcome> {
  const path = trailPath(id, '/audit')
  const limit = limitOf(most)
  const found = await readList<ShownEntry>(await administrator(), path, limit)
  const rows = found.items.map(({ at, who, key_id, what, resource, decision, sequence }) => [
    at,
    sequence === null ? 'waits' : String(sequence),
    key_id === null ? who : `${who} (key ${key_id})`,
    what,
    resource,
    decision,
  ])
  const words = table(['AT', 'BLOCK', 'WHO', 'WHAT', 'RESOURCE', 'DECISION'], rows, new Set([1]))
  return { good: true, facts: found, words: [...words, ...moreWords(found)] }
}

async function verify(id: string | undefined): Promise<Outcome> {
  const path = trailPath(id, '/audit/verify')
  const verdict = (await (await administrator()).call('GET', path)) as Verdict
  return { good: verdict.valid, facts: verdict, words: [verdictWords(`The audit trail of ${id}`, verdict)] }
}

function trailPath(id: string | undefined, rest: string): string {
  return id === systemTenant ? `/api/tenants/${id}${rest}` : tenantPath(id, rest)
}

/** `The audit trail of acme is whole: 3 entries sealed, 1 waits.` */
export function verdictWords(trail: string, { valid, entries, pending, fault }: Verdict): string {
  const counts = `${countOf(entries, 'entry', 'entries')} sealed, ${pending} ${pending === 1 ? 'waits' : 'wait'}`
  return valid ? `${trail} is whole: ${counts}.` : `${trail} is BROKEN${fault ? `: ${placeOf(fault)}` : ''} (${counts}).`
}

/** `entry_missing in block 3, entry 0198…`. */
function placeOf({ kind, sequence, entry_id }: AuditFault): string {
  const places = [
    ...(sequence === undefined ? [] : [`block ${sequence}`]),
    ...(entry_id === undefined ? [] : [`entry ${entry_id}`]),
  ]
  return places.length === 0 ? kind : `${kind} in ${places.join(', ')}`
}
