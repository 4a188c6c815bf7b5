import { Sha256 } from '@plinth/core'

/** The last line of an export. */
export interface Seal {
  readonly tenant_id: string
  /** How many lines come before it. */
  readonly lines: number
  /** Of their bytes, line feeds included; hexadecimal. */
  readonly sha256: string
  /** Seconds since 1970. */
  readonly at: number
  /** A compact JWS over all of these. */
  readonly signature: string
}

export type SealFaultCode = 'cut_off' | 'lines_after_end' | 'lines_missing_or_added' | 'content_changed'

export interface SealFault {
  readonly code: SealFaultCode
  readonly message: string
}

/** What an export is, by its own lines: whether it is whole. That it is ours too is for the signature to tell. */
export interface Sealed {
  readonly seal: Seal | undefined
  readonly lines: number
  readonly sha256: string
  readonly faults: readonly SealFault[]
}

/** Counts and hashes the lines of an export as they go by. Holds the last one. */
export class SealReader {
  readonly #hash: Sha256 = new Sha256()
  #lines = 0
  #last: Buffer | undefined
  #ended = false

  take(line: Buffer): void {
    if (this.#last) {
      this.#hash.update(this.#last)
      this.#lines++
      this.#ended ||= isEnd(this.#last)
    }
    this.#last = line
  }

  /** All went by. */
  end(): Sealed {
    const seal = readSeal(this.#last)
    const found = { seal, lines: this.#lines, sha256: this.#hash.digest() }
    return { ...found, faults: [...this.#faults(found)] }
  }

  *#faults({ seal, lines, sha256 }: Omit<Sealed, 'faults'>): Generator<SealFault> {
    if (this.#ended) {
      yield { code: 'lines_after_end', message: 'There are lines behind its end.' }
    } else if (!seal) {
      yield { code: 'cut_off', message: 'It is cut off: its last line is no end of an export.' }
    }
    if (seal && seal.lines !== lines) {
      const message = `It has ${lines} lines before its end, and should have ${seal.lines}.`
      yield { code: 'lines_missing_or_added', message }
    }
    if (seal && seal.sha256 !== sha256) {
      yield { code: 'content_changed', message: 'Its content is not what was exported: its SHA-256 is another.' }
    }
  }
}

const beginning = Buffer.from('{"type":"end",')

function isEnd(line: Buffer): boolean {
  return line.subarray(0, beginning.byteLength).equals(beginning)
}

const fields = 'at lines sha256 signature tenant_id type'

/** Of exactly this form, in one spelling: no key twice, nothing besides, since nothing besides is signed; and to its line feed. */
function readSeal(line: Buffer | undefined): Seal | undefined {
  const text = line?.toString('utf8') ?? ''
  if (!line || !isEnd(line)) return undefined
  let value: Readonly<Record<string, unknown>>
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { tenant_id, lines, sha256, at, signature } = value
  if (Object.keys(value).sort().join(' ') !== fields || `${JSON.stringify(value)}\n` !== text) return undefined
  if (typeof tenant_id !== 'string' || typeof sha256 !== 'string' || typeof signature !== 'string') return undefined
  if (!isCount(lines) || !isCount(at)) return undefined
  return { tenant_id, lines, sha256, at, signature }
}

/** Or a time that a date can tell. */
function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 1e11
}
