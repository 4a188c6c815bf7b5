/** Faults that are put in on purpose, to see that the sweep finds them. @module */
import type { Mode } from './life-process.ts'
import type { Patch } from './patches.ts'

export interface Mutation {
  readonly name: string
  /** What is wrong then. */
  readonly words: string
  readonly patches: readonly Patch[]
  /** What finds it. */
  readonly modes: readonly Mode[]
}

const accept = 'packages/core/src/event-driven/accept.ts'
const state = 'packages/core/src/scope/state.ts'
const writerThread = 'packages/local/src/database-worker.ts'
const commitOfChange = "await this.#store.commit({ writes, emit }, commit.durability ?? 'synced')"

export const mutations: readonly Mutation[] = [
  {
    name: 'synchronous-normal',
    words: 'commits are not flushed to the disk',
    modes: ['power', 'partial'],
    patches: [
      {
        file: 'packages/local/src/database/schema.ts',
        find: 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
        replace: 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL',
      },
      { file: writerThread, find: "batch.synced ? 'FULL' : 'NORMAL'", replace: "'NORMAL'" },
    ],
  },
  {
    name: 'objects-not-flushed',
    words: 'the bytes of an object are not flushed before the row that names it is committed',
    modes: ['power', 'partial'],
    patches: [{ file: 'packages/local/src/object-file.ts', find: '    await guarded(file.sync())\n', replace: '' }],
  },
  {
    name: 'names-not-flushed',
    words: 'folders are not flushed, so that the name of a new file may be lost',
    modes: ['power', 'partial'],
    patches: [{ file: 'packages/local/src/durable-files.ts', find: '    await handle.sync()\n', replace: '' }],
  },
  {
    name: 'acknowledged-before-commit',
    words: "the writer's thread answers, and commits two milliseconds later",
    modes: ['kill', 'power'],
    patches: [
      {
        file: writerThread,
        find: '    commit.run()\n',
        replace: `    queueMicrotask(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
      commit.run()
    })
`,
      },
    ],
  },
  {
    name: 'closing-event-apart',
    words: 'the closing event has a commit of its own',
    modes: ['kill', 'power'],
    patches: [
      {
        file: state,
        find: commitOfChange,
        replace: `const closing = emit.filter((entry) => 'type' in entry && entry.type !== 'genai.request.received')
    await this.#store.commit({ writes, emit: emit.filter((entry) => !closing.includes(entry)) }, commit.durability ?? 'synced')
    if (closing.length > 0) await this.#store.commit({ writes: [], emit: closing })`,
      },
    ],
  },
  {
    name: 'no-fence',
    words: 'a request is finished whatever became of it since it was read',
    modes: ['kill'],
    patches: [
      {
        file: state,
        find: "return { put, ifVersion: 'insert' in write ? 'absent' : write.record.version }",
        replace: "return 'insert' in write ? { put, ifVersion: 'absent' } : { put }",
      },
    ],
  },
  {
    name: 'lease-outlives-process',
    words: 'a job that a dead process had in hand stays leased for a minute',
    modes: ['kill'],
    patches: [
      {
        file: 'packages/local/src/database/job-table.ts',
        find: "  database.exec('DELETE FROM taken; COMMIT')\n",
        replace: `  const leased = 'FROM ready WHERE queue = ? AND lane = ? AND tenant = ? AND position = ?'
  const columns = 'position, queue, lane, tenant, cut_offs, body'
  for (let at = 0; at < places.length; at += placeFields) {
    const place = places.slice(at, at + placeFields)
    database.prepare(\`INSERT INTO held SELECT \${Date.now() + 60_000}, \${columns} \${leased}\`).run(...place)
    database.prepare(\`DELETE \${leased}\`).run(...place)
  }
  database.exec('DELETE FROM taken; COMMIT')
`,
      },
    ],
  },
  {
    name: 'deduplication-apart',
    words: 'whether a key was used is looked up before the commit, and kept after it',
    modes: ['kill'],
    patches: [
      {
        file: accept,
        find: '  for (let attempt = 1; attempt <= tries; attempt++) {\n',
        replace: `  const earlier = await findFirst(scope, request.request_id, digest, key)
  if (earlier) return acknowledgement(earlier)
  for (let attempt = 1; attempt <= tries; attempt++) {
`,
      },
      {
        file: accept,
        find: '  if (key !== undefined) {\n    writes.push(\n',
        replace: '  const keys: RecordWrite[] = []\n  if (key !== undefined) {\n    keys.push(\n',
      },
      {
        file: accept,
        find: '      ...jobsOf(fields, request),\n    ],\n  })\n',
        replace: '      ...jobsOf(fields, request),\n    ],\n  })\n  await scope.state.commit({ writes: keys })\n',
      },
    ],
  },
]
