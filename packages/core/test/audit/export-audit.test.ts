import { describe, expect, it } from 'vitest'
import { collect } from '../../src/contracts/index.ts'
import { sha256 } from '../../src/crypto.ts'
import { canonicalJson, type JsonObject } from '../../src/json.ts'
import { type AuditLine, exportAudit, verifyExportedAudit } from '../../src/tenancy/audit/export-audit.ts'
import { AuditBench } from './audit-bench.ts'

/** As it comes out of a file. */
async function linesOf(bench: AuditBench, tenant = 'alpha'): Promise<AuditLine[]> {
  const lines = await collect(exportAudit({ store: bench.store, tenant }))
  return lines.map((line) => JSON.parse(JSON.stringify(line)) as AuditLine)
}

async function openExport(): Promise<AuditLine[]> {
  const bench = await AuditBench.open()
  const { acts, sealer } = bench.process()
  for (let block = 0; block < 4; block++) {
    await acts(3)
    await sealer.seal('alpha')
  }
  await acts(2)
  return linesOf(bench)
}

const blockOf = (line: AuditLine | undefined): JsonObject => (line && 'block' in line ? line.block : {})

describe('an export', () => {
  it('has every block, what waits, and the head at its end; and verifies without any key [R102, X69]', async () => {
    const lines = await openExport()
    expect(lines.map(({ kind }) => kind)).toEqual([
      ...new Array(4).fill('audit-block'),
      ...new Array(2).fill('audit-pending'),
      'audit-head',
    ])
    expect(lines.at(-1)).toEqual({
      kind: 'audit-head',
      tenant_id: 'alpha',
      sequence: 4,
      hash: blockOf(lines[3]).hash,
      total: 12,
    })
    const other = [{ kind: 'request', tenant_id: 'alpha' }, 'x', null]
    expect(await verifyExportedAudit([...other, ...lines, ...other])).toEqual({
      valid: true,
      entries: 12,
      pending: 2,
      anchored: 0,
      faults: [],
    })
  })

  it('verifies when there is nothing in it yet', async () => {
    const lines = await linesOf(await AuditBench.open())
    expect(lines).toHaveLength(1)
    expect(await verifyExportedAudit(lines)).toMatchObject({ valid: true, entries: 0, pending: 0 })
  })

  it('has every entry, and verifies, when sealing goes on meanwhile [X69]', async () => {
    const bench = await AuditBench.open()
    const { acts, act, sealer } = bench.process()
    await acts(200)
    const before = await bench.ids()
    const lines: AuditLine[] = []
    for await (const line of exportAudit({ store: bench.store, tenant: 'alpha' })) {
      lines.push(line)
      if (lines.length % 20 === 3) {
        await act()
        await sealer.seal('alpha')
      }
    }
    const text = JSON.stringify(lines)
    for (const id of before) expect(text).toContain(id)
    expect(lines.map(({ kind }) => kind).indexOf('audit-head')).toBe(lines.length - 1)
    expect(await verifyExportedAudit(lines)).toMatchObject({ valid: true, faults: [] })
  })

  const tamperings: Readonly<Record<string, { readonly kind: string; change(lines: AuditLine[]): unknown[] }>> = {
    'a changed entry': {
      kind: 'edited',
      change: (lines) => lines.with(1, changedEntry(lines[1])),
    },
    'a changed entry under a new hash': {
      kind: 'forked',
      change: (lines) => lines.with(1, rehashed(changedEntry(lines[1]))),
    },
    'a changed entry of the last block under a new hash': {
      kind: 'head_edited',
      change: (lines) => lines.with(3, rehashed(changedEntry(lines[3]))),
    },
    'a block that is gone': { kind: 'deleted', change: (lines) => lines.toSpliced(1, 1) },
    'the last block that is gone': { kind: 'truncated', change: (lines) => lines.toSpliced(3, 1) },
    'the end that is gone': { kind: 'truncated', change: (lines) => lines.slice(0, -1) },
    'everything that is gone': { kind: 'truncated', change: () => [] },
    'blocks that changed places': {
      kind: 'deleted',
      change: ([one, two, three, ...rest]) => [one, three, two, ...rest],
    },
    'a block twice': { kind: 'reordered', change: ([one, ...rest]) => [one, one, ...rest] },
    'a block that is none': {
      kind: 'edited',
      change: (lines) => lines.with(1, { kind: 'audit-block', tenant_id: 'alpha', block: {} }),
    },
    'an entry that waits twice': {
      kind: 'pending_edited',
      change: (lines) => [...lines.slice(0, 5), lines[4], ...lines.slice(5)],
    },
    'an entry that waits, and is none': {
      kind: 'pending_edited',
      change: (lines) => lines.with(4, { kind: 'audit-pending', tenant_id: 'alpha', entry: {} }),
    },
    'a line of another tenant': {
      kind: 'foreign',
      change: (lines) => lines.with(4, { ...lines[4], tenant_id: 'beta' } as AuditLine),
    },
    'a line behind the head': { kind: 'foreign', change: (lines) => [...lines, lines[4]] },
    'a head that is none': {
      kind: 'truncated',
      change: (lines) => lines.with(6, { kind: 'audit-head', tenant_id: 'alpha' } as AuditLine),
    },
    'another total': { kind: 'head_edited', change: (lines) => lines.with(6, { ...lines[6], total: 13 } as AuditLine) },
  }

  it.each(Object.keys(tamperings))('shows %s [X69]', async (name) => {
    const lines = await openExport()
    const tampering = tamperings[name]
    expect(await verifyExportedAudit(tampering?.change(lines) ?? [])).toMatchObject({
      valid: false,
      fault: { kind: tampering?.kind },
    })
  })
})

function changedEntry(line: AuditLine | undefined): AuditLine {
  const block = blockOf(line)
  const [first, ...rest] = block.entries as JsonObject[]
  return { kind: 'audit-block', tenant_id: 'alpha', block: { ...block, entries: [{ ...first, who: 'mallory' }, ...rest] } }
}

function rehashed(line: AuditLine): AuditLine {
  const { hash: _, mac = '', ...content } = blockOf(line)
  const hash = sha256(canonicalJson(['plinth audit block', content]))
  return { kind: 'audit-block', tenant_id: 'alpha', block: { ...content, hash, mac } }
}
