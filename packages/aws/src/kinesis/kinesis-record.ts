/** The records of Kinesis: several entries of one partition lie in one, so that all of them are kept or none. @module */

export interface PackedEntries {
  readonly tenant: string
  readonly partition: string
  /** In order, sealed. */
  readonly entries: readonly Uint8Array[]
}

const version = 1
const headBytes = 5
const lengthBytes = 4

/** What a record may hold: Kinesis takes 1 MiB, its partition key included, wherever larger records aren't turned on. */
export const recordBytes: number = 1024 * 1024 - 128
/** Entries of one record: their place in it is three digits of their sequence. */
export const recordEntries = 1000

/** The bytes of a record without entries. */
export function emptyBytes({ tenant, partition }: Omit<PackedEntries, 'entries'>): number {
  return headBytes + Buffer.byteLength(tenant) + Buffer.byteLength(partition)
}

/** The bytes that an entry adds to its record. */
export function addedBytes(entry: Uint8Array): number {
  return lengthBytes + entry.byteLength
}

/** Version (1 byte), the lengths of tenant and partition (2 bytes each), both, then each entry's length (4 bytes) and content. */
export function packRecord({ tenant, partition, entries }: PackedEntries): Uint8Array {
  const head = Buffer.alloc(headBytes)
  const names = [Buffer.from(tenant), Buffer.from(partition)]
  head.writeUInt8(version, 0)
  for (const [index, name] of names.entries()) head.writeUInt16BE(name.byteLength, 1 + 2 * index)
  const parts = entries.flatMap((entry) => {
    const length = Buffer.alloc(lengthBytes)
    length.writeUInt32BE(entry.byteLength)
    return [length, entry]
  })
  return Buffer.concat([head, ...names, ...parts])
}

/** Undefined for what isn't of this form: somebody else's record, or one of a version to come. */
export function unpackRecord(data: Uint8Array): PackedEntries | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (bytes.byteLength < headBytes || bytes[0] !== version) return undefined
  const tenantEnd = headBytes + bytes.readUInt16BE(1)
  let at = tenantEnd + bytes.readUInt16BE(3)
  if (at > bytes.byteLength) return undefined
  const entries: Uint8Array[] = []
  while (at < bytes.byteLength) {
    const begin = at + lengthBytes
    if (begin > bytes.byteLength) return undefined
    at = begin + bytes.readUInt32BE(at)
    if (at > bytes.byteLength) return undefined
    entries.push(data.subarray(begin, at))
  }
  const tenant = bytes.toString('utf8', headBytes, tenantEnd)
  const partition = bytes.toString('utf8', tenantEnd, tenantEnd + bytes.readUInt16BE(3))
  return tenant === '' || partition === '' ? undefined : { tenant, partition, entries }
}
