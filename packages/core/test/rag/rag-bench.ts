import {
  type AnyCollection,
  acceptDocuments,
  type Clock,
  type DocumentReader,
  type NewDocument,
  plainTextReader,
  type Scope,
} from '../../src/index.ts'
import { getDocument } from '../../src/rag/access.ts'
import type { DocumentFields } from '../../src/rag/documents.ts'
import { EventBench } from '../event-driven/bench.ts'

interface Gate {
  opened: Promise<void>
  open: () => void
}

/** A whole Plinth in memory whose documents are plain text; nothing moves until `pass`. */
export class RagBench {
  readonly plinth: EventBench
  readonly #gate: Gate

  private constructor(plinth: EventBench, gate: Gate) {
    this.plinth = plinth
    this.#gate = gate
  }

  static async open(...options: Partial<Parameters<typeof EventBench.open>>): Promise<RagBench> {
    const [script = () => 'An answer.', more] = options
    const gate: Gate = { opened: Promise.resolve(), open: () => {} }
    const reader: DocumentReader = {
      ...plainTextReader,
      read: async (...call) => {
        await gate.opened
        return plainTextReader.read(...call)
      },
    }
    return new RagBench(await EventBench.open(script, { reader, ...more }), gate)
  }

  /** From now on documents wait to be read, until `release`. */
  hold(): void {
    this.#gate.opened = new Promise((resolve) => {
      this.#gate.open = resolve
    })
  }

  release(): void {
    this.#gate.open()
    this.#gate.opened = Promise.resolve()
  }

  scope(tenant = 'alpha', user = 'ada'): Promise<Scope> {
    return this.plinth.scope(tenant, user)
  }

  /** Sends documents and lets time pass until they are read. @returns their ids. */
  async ingest(
    sent: readonly (Pick<NewDocument, 'source'> & Partial<NewDocument>)[],
    tenant = 'alpha',
  ): Promise<readonly string[]> {
    const ids = await this.send(sent, tenant)
    await this.plinth.pass(5_000)
    return ids
  }

  async send(
    sent: readonly (Pick<NewDocument, 'source'> & Partial<NewDocument>)[],
    tenant = 'alpha',
  ): Promise<readonly string[]> {
    const documents = sent.map((each) => ({ content: `About ${each.source}.`, ...each }))
    const { records } = await acceptDocuments(await this.scope(tenant), documents)
    return records.map(({ fields }) => fields.document_id)
  }

  async fields(id: string, tenant = 'alpha'): Promise<DocumentFields> {
    return (await getDocument(await this.scope(tenant), id)).fields
  }

  /** Names of the documents with a word, by the index alone. */
  async indexed(word: string, tenant = 'alpha', user = 'ada'): Promise<readonly string[]> {
    const scope = await this.scope(tenant, user)
    const { lexical } = await scope.search.search({ texts: [{ text: word, weight: 1 }], limit: 100 })
    return [...new Set(lexical.map(({ document }) => document))]
  }

  /** How many records a collection has in one partition. */
  async count(collection: AnyCollection, partition: string, tenant = 'alpha'): Promise<number> {
    let records = 0
    for await (const _ of (await this.scope(tenant)).state.read(collection, partition)) records++
    return records
  }

  /** Also where a test failed while documents waited. */
  stop(): Promise<void> {
    this.release()
    return this.plinth.stop()
  }
}

/** As somebody whose process has kept nothing. */
export function forgetful(scope: Scope): Scope {
  const { clock } = scope
  const own: Clock = {
    now: () => clock.now(),
    random: () => clock.random(),
    randomBytes: (length) => clock.randomBytes(length),
    setTimer: (delay, run) => clock.setTimer(delay, run),
  }
  return { ...scope, clock: own }
}
