import { localIssuer, openStatement, type StatementKeys, verifyExportedAudit } from '@plinth/core'
import { verdictWords } from './audit-commands.ts'
import { linesOf } from './line-reader.ts'
import { type Seal, type SealFaultCode, SealReader } from './seal.ts'

export interface ExportFault {
  readonly code: SealFaultCode | 'signature_malformed' | 'signature_unknown_key' | 'signature_forged' | 'audit_broken'
  readonly message: string
}

/** What an export is worth. */
export interface ExportVerdict {
  readonly valid: boolean
  /** Of the end, when it has one. */
  readonly tenant_id: string | null
  readonly at: string | null
  readonly lines: number
  readonly sha256: string
  /** Of the key that signed it. */
  readonly key_id: string | null
  readonly audit: { readonly valid: boolean; readonly entries: number; readonly pending: number }
  /** All that is wrong. */
  readonly faults: readonly ExportFault[]
}

/** Looks through an export once, a line at a time: its end, its signature, and the audit trail in it. */
export async function verifyExport(bytes: AsyncIterable<Uint8Array>, keys: StatementKeys): Promise<ExportVerdict> {
  const reader = new SealReader()
  const trail: { tenant?: string } = {}
  const audit = await verifyExportedAudit(auditLines(linesOf(bytes), reader, trail))
  const { seal, lines, sha256, faults } = reader.end()
  const signature = seal ? await openStatement(seal.signature, { issuer: localIssuer, keys }) : undefined
  const found: ExportFault[] = [...faults]
  if (seal && signature && 'problem' in signature) found.push(signatureFaults[signature.problem])
  if (seal && signature && 'claims' in signature && !says(signature.claims, seal)) found.push(signatureFaults.forged)
  if (!audit.valid) found.push({ code: 'audit_broken', message: verdictWords('The audit trail in it', audit) })
  else if (seal && trail.tenant !== seal.tenant_id)
    found.push({ code: 'audit_broken', message: `The audit trail in it is of ${trail.tenant}.` })
  return {
    valid: found.length === 0,
    tenant_id: seal?.tenant_id ?? null,
    at: seal ? new Date(seal.at * 1_000).toISOString() : null,
    lines,
    sha256,
    key_id: signature && 'keyId' in signature ? signature.keyId : null,
    audit: { valid: audit.valid, entries: audit.entries, pending: audit.pending },
    faults: found,
  }
}

const signatureFaults: Readonly<Record<'malformed' | 'unknown_key' | 'forged', ExportFault>> = {
  malformed: { code: 'signature_malformed', message: 'Its signature is none of a Plinth.' },
  unknown_key: {
    code: 'signature_unknown_key',
    message: 'Its signature is by a key that is not in the key set. If another Plinth made it, give that one by --jwks.',
  },
  forged: { code: 'signature_forged', message: 'Its signature does not fit its end: it was made or changed by somebody else.' },
}

function says(claims: Readonly<Record<string, unknown>>, { tenant_id, lines, sha256, at }: Seal): boolean {
  return claims.tenant_id === tenant_id && claims.lines === lines && claims.sha256 === sha256 && claims.at === at
}

const auditBeginning = Buffer.from('{"type":"audit",')

/** Shows each line to the reader, and hands on those of the audit trail. */
async function* auditLines(
  lines: AsyncIterable<Buffer>,
  reader: SealReader,
  trail: { tenant?: string },
): AsyncGenerator<unknown> {
  for await (const line of lines) {
    reader.take(line)
    if (!line.subarray(0, auditBeginning.byteLength).equals(auditBeginning)) continue
    const found = parse(line)
    trail.tenant ??= String(found?.tenant_id)
    yield found
  }
}

function parse(line: Buffer): { readonly tenant_id?: unknown } | undefined {
  try {
    return JSON.parse(line.toString('utf8'))
  } catch {
    return undefined
  }
}
