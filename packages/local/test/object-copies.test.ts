import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashFiles } from '../../../test/e2e/support/files.ts'
import { ObjectCopies } from '../src/backup/object-copies.ts'
import { FileObjectStore } from '../src/index.ts'

let root = ''
let store: FileObjectStore
let copies: ObjectCopies

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-copies-'))
  store = new FileObjectStore({ directory: join(root, 'from'), clock: new FakeClock() })
  copies = new ObjectCopies({ from: join(root, 'from'), to: join(root, 'to'), clock: new FakeClock() })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const put = (name: string, text: string): Promise<unknown> => store.put({ tenant: 'acme', name }, Buffer.from(text))

/** The copies, as an ObjectStore sees them. */
async function copied(): Promise<Record<string, string>> {
  const made = new FileObjectStore({ directory: join(root, 'to'), clock: new FakeClock(), readOnly: true })
  const found: Record<string, string> = {}
  for (const { name } of (await made.list({ tenant: 'acme', limit: 100 })).items)
    found[name] = Buffer.from((await made.get({ tenant: 'acme', name })) ?? []).toString()
  return found
}

describe('copies of objects that are in use', () => {
  it('hold what was there in any pass, in its last form', async () => {
    for (const name of ['stays', 'goes', 'changes', 'deep/in/folders']) await put(name, `first ${name}`)
    await copies.pass()
    await store.delete({ tenant: 'acme', name: 'goes' })
    await put('changes', 'second')
    await put('Comes', 'third')
    await copies.pass()
    await store.delete({ tenant: 'acme', name: 'changes' })
    await copies.pass()
    expect(await copied()).toEqual({
      stays: 'first stays',
      goes: 'first goes',
      changes: 'second',
      Comes: 'third',
      'deep/in/folders': 'first deep/in/folders',
    })
    const digests = Object.fromEntries([...copies.files].map(([path, { sha256 }]) => [path, sha256]))
    expect(hashFiles(join(root, 'to'))).toEqual(digests)
  })

  it('hold nothing that is being put', async () => {
    let ask = (): void => {}
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(300_000)
      await new Promise<void>((resolve) => {
        ask = resolve
      })
    }
    await put('there', 'whole')
    const putting = store.put({ tenant: 'acme', name: 'half' }, slow())
    await copies.pass()
    expect(Object.keys(hashFiles(join(root, 'to')))).toEqual([...copies.files.keys()])
    expect(await copied()).toEqual({ there: 'whole' })
    ask()
    await putting
    await copies.pass()
    expect(Object.keys(await copied())).toEqual(['half', 'there'])
  })

  it('are independent of what becomes of the originals', async () => {
    await put('object', 'as it was')
    await copies.pass()
    const [path = ''] = copies.files.keys()
    await put('object', 'as it is')
    expect(readFileSync(join(root, 'to', path)).includes('as it was')).toBe(true)
  })

  it('are caught up with until a pass is quick: what it then misses is younger than the sweeper takes', async () => {
    let now = 0
    let asked = 0
    // The first pass takes an hour, the second a minute.
    const times = [0, 3_600_000, 3_600_000, 3_660_000]
    const clock = { now: () => times[asked++] ?? now++ } as Clock
    const slow = new ObjectCopies({ from: join(root, 'from'), to: join(root, 'to'), clock })
    await put('first', '1')
    await slow.catchUp()
    expect(asked).toBe(4)
  })

  it('are none where there are no objects', async () => {
    const none = new ObjectCopies({ from: join(root, 'nowhere'), to: join(root, 'to'), clock: new FakeClock() })
    await none.catchUp()
    expect(none.files.size).toBe(0)
  })
})
