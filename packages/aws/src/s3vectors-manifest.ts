import {
  type AccessList,
  type Attributes,
  ConflictError,
  count,
  type DocumentVersion,
  type IndexedDocument,
  insert,
  type Place,
  type RecordWrite,
  remove,
  type State,
  type StoredRecord,
  update,
} from '@plinth/core'
import {
  type CountFields,
  type OffsetFields,
  type SpaceFields,
  type VersionFields,
  type VersionTexts,
  vectorCounts,
  vectorOffsets,
  vectorSpaces,
  vectorVersions,
} from './s3vectors-records.ts'

export type VersionRecord = StoredRecord<VersionFields, VersionTexts>
export type SpaceRecord = StoredRecord<SpaceFields, Record<never, never>>

/** A version as one put made it. */
export interface PutVersion extends DocumentVersion {
  readonly put: string
}

/** What filters ask of a version. */
export interface VersionFacts {
  readonly attributes: Attributes
  readonly access?: AccessList
}

const chunksARecord = 10_000
/** Of at most 200 KB each. */
const blocksACommit = 10
const tries = 10
const whole: Place = { partition: 'index' }

/** One tenant's records of an index on S3 Vectors: which versions are there, in which spaces, and how far each came. */
export class VectorManifest {
  readonly #state: State

  constructor(state: State) {
    this.#state = state
  }

  version({ document, version }: DocumentVersion): Promise<VersionRecord | undefined> {
    return this.#state.get(vectorVersions, { partition: document, sort: version })
  }

  async facts(record: VersionRecord): Promise<VersionFacts> {
    const { attributes, ...access } = JSON.parse((await record.open('facts')) ?? '{"attributes":[]}')
    return { ...access, attributes: Object.fromEntries(attributes) }
  }

  /** Puts a version that isn't there: at once where one commit holds it, else with its offsets first. */
  async insert(document: IndexedDocument, put: string): Promise<void> {
    const { attributes, access, chunks } = document
    const fields = { put, state: 'there', chunks: chunks.length, begun: [], complete: [] } as const
    // As pairs: a name such as __proto__ is no good as that of a field.
    const texts = { facts: JSON.stringify({ attributes: Object.entries(attributes), ...(access ? { access } : {}) }) }
    const place = { partition: document.document, sort: document.version }
    const counted = this.#counted({ documents: 1, chunks: chunks.length })
    const blocks = offsetBlocks(chunks)
    if (blocks.length <= blocksACommit) {
      const version = insert(vectorVersions, place, fields, texts)
      return unlessThere(this.#state.commit({ writes: [version, ...blockWrites(put, blocks), counted] }))
    }
    await unlessThere(this.#state.commit({ writes: [insert(vectorVersions, place, { ...fields, state: 'coming' }, texts)] }))
    const record = await this.version(document)
    // One that is coming is of a put that didn't come to its end, or runs beside this one: both write the same.
    if (record?.fields.state !== 'coming') return
    for (let start = 0; start < blocks.length; start += blocksACommit) {
      const part = blocks.slice(start, start + blocksACommit)
      await unlessThere(this.#state.commit({ writes: blockWrites(record.fields.put, part) }))
    }
    const there = update(vectorVersions, record, { ...record.fields, state: 'there' })
    await unlessThere(this.#state.commit({ writes: [there, counted] }))
  }

  async offsets(put: string): Promise<OffsetFields> {
    const all: { starts: number[]; ends: number[] } = { starts: [], ends: [] }
    for await (const { fields } of this.#state.read(vectorOffsets, put)) {
      for (const start of fields.starts) all.starts.push(start)
      for (const end of fields.ends) all.ends.push(end)
    }
    return all
  }

  /** Says, before the first vector goes out, where a removal will have to look. Resolves to whether the version is there. */
  begin(place: PutVersion, generation: string): Promise<boolean> {
    return this.#change(place, ['there'], (record) => {
      const { begun } = record.fields
      if (begun.includes(generation)) return []
      return [update(vectorVersions, record, { ...record.fields, begun: [...begun, generation] })]
    })
  }

  /** Makes a version's vectors found. Resolves to false when the version was removed meanwhile. */
  complete(place: PutVersion, generation: string): Promise<boolean> {
    return this.#change(place, ['there'], (record) => {
      const { complete, chunks } = record.fields
      if (complete.includes(generation)) return []
      return [
        update(vectorVersions, record, { ...record.fields, complete: [...complete, generation] }),
        this.#counted({}),
        count(vectorCounts, { partition: generation }, { chunks }),
      ]
    })
  }

  /** Makes a version found no more. */
  async leave(place: DocumentVersion): Promise<void> {
    await this.#change(place, ['there', 'coming'], (record) => {
      const { state, chunks, complete } = record.fields
      return [
        update(vectorVersions, record, { ...record.fields, state: 'leaving' }),
        this.#counted(state === 'there' ? { documents: -1, chunks: -chunks } : {}),
        ...complete.map((generation) => count(vectorCounts, { partition: generation }, { chunks: -chunks })),
      ]
    })
  }

  /** Removes what is known of a version whose vectors are gone. */
  async forget(record: VersionRecord): Promise<void> {
    for await (const block of this.#state.read(vectorOffsets, record.fields.put)) {
      await unlessThere(this.#state.commit({ writes: [remove(vectorOffsets, block)] }))
    }
    await unlessThere(this.#state.commit({ writes: [remove(vectorVersions, record)] }))
  }

  async leaving(limit: number): Promise<readonly VersionRecord[]> {
    return (await this.#state.list(vectorVersions, 'states', { group: 'leaving', limit })).items
  }

  space(name: string): Promise<SpaceRecord | undefined> {
    return this.#state.get(vectorSpaces, { partition: 'spaces', sort: name })
  }

  /** Resolves to the record that is there: another's, when it was faster. */
  async insertSpace(name: string, fields: SpaceFields): Promise<SpaceRecord | undefined> {
    await unlessThere(this.#state.commit({ writes: [insert(vectorSpaces, { partition: 'spaces', sort: name }, fields)] }))
    return this.space(name)
  }

  async spaces(): Promise<SpaceRecord[]> {
    const found: SpaceRecord[] = []
    for await (const record of this.#state.read(vectorSpaces, 'spaces')) found.push(record)
    return found
  }

  /** Nothing of the space is found from here on. */
  async leaveSpace(record: SpaceRecord): Promise<void> {
    const left = update(vectorSpaces, record, { ...record.fields, state: 'leaving' })
    await unlessThere(this.#state.commit({ writes: [left, this.#counted({})] }))
  }

  async forgetSpace(name: string, generation: string): Promise<void> {
    const record = await this.space(name)
    if (record?.fields.generation !== generation) return
    await unlessThere(this.#state.commit({ writes: [remove(vectorSpaces, record)] }))
    const counts = await this.#state.get(vectorCounts, { partition: generation })
    if (counts) await unlessThere(this.#state.commit({ writes: [remove(vectorCounts, counts)] }))
  }

  /** Of the whole index, or of one space. */
  async counts(generation?: string): Promise<CountFields> {
    const place = generation === undefined ? whole : { partition: generation }
    return (await this.#state.get(vectorCounts, place))?.fields ?? {}
  }

  #counted(amounts: { readonly documents?: number; readonly chunks?: number }): RecordWrite {
    return count(vectorCounts, whole, { ...amounts, changes: 1 })
  }

  /** Commits what `decide` says of the version as it is now. Resolves to whether it is in one of the states. */
  async #change(
    place: DocumentVersion & { readonly put?: string },
    states: readonly VersionFields['state'][],
    decide: (record: VersionRecord) => readonly RecordWrite[],
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const record = await this.version(place)
      if (!record || !states.includes(record.fields.state)) return false
      if (place.put !== undefined && place.put !== record.fields.put) return false
      const writes = decide(record)
      if (writes.length === 0) return true
      try {
        await this.#state.commit({ writes })
        return true
      } catch (error) {
        if (!(error instanceof ConflictError) || attempt === tries) throw error
      }
    }
  }
}

interface OffsetBlock {
  readonly sort: string
  readonly fields: OffsetFields
}

function offsetBlocks(chunks: IndexedDocument['chunks']): OffsetBlock[] {
  return Array.from({ length: Math.ceil(chunks.length / chunksARecord) }, (_, index) => {
    const part = chunks.slice(index * chunksARecord, (index + 1) * chunksARecord)
    const fields = { starts: part.map(({ start }) => start), ends: part.map(({ end }) => end) }
    return { sort: String(index).padStart(3, '0'), fields }
  })
}

function blockWrites(put: string, blocks: readonly OffsetBlock[]): RecordWrite[] {
  return blocks.map(({ sort, fields }) => insert(vectorOffsets, { partition: put, sort }, fields))
}

/** Of a write whose work another has done. */
async function unlessThere(commit: Promise<unknown>): Promise<void> {
  try {
    await commit
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
  }
}
