import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SegmentSearchIndex, sleep } from '../../src/index.ts'
import { tidyAfterRemoval } from '../../src/rag/maintain.ts'
import { changeSpaces } from '../../src/rag/spaces.ts'
import { RagBench } from './rag-bench.ts'

const minute = 60_000

describe('an index in which there is always something to tidy', () => {
  let bench: RagBench
  /** Whose index was tidied, in order. */
  let tidied: string[]
  let isBusy: boolean
  /** How many jobs were started to tidy one. */
  let jobs: number

  beforeEach(async () => {
    bench = await RagBench.open()
    tidied = []
    isBusy = true
    jobs = 0
    const { state } = bench.plinth.memory.adapters
    const commit = state.commit.bind(state)
    vi.spyOn(state, 'commit').mockImplementation((change, durability) => {
      jobs += change.emit?.filter((each) => 'queue' in each && each.queue === 'rag.maintain').length ?? 0
      return commit(change, durability)
    })
    vi.spyOn(SegmentSearchIndex.prototype, 'maintain').mockImplementation(async (tenant, { signal } = {}) => {
      tidied.push(tenant)
      await sleep(bench.plinth.memory.clock, 100, signal).catch(() => {})
      return tenant === 'alpha' && isBusy
    })
  })
  afterEach(async () => {
    isBusy = false
    vi.restoreAllMocks()
    await bench.stop()
  })

  /** Documents that come, each in the place of one before. */
  async function ingest(tenant: string, minutes: number): Promise<void> {
    for (let sent = 0; sent < minutes * 6; sent++) {
      await bench.send([{ source: `${tenant}-${sent % 3}.txt`, content: `Text ${sent}.` }], tenant)
      await bench.plinth.pass(10_000)
    }
  }

  it("holds up nobody else's", async () => {
    await ingest('alpha', 1)
    await ingest('beta', 1)
    expect(tidied).toContain('alpha')
    expect(tidied).toContain('beta')
    expect(tidied.slice(-40)).toContain('alpha')
  })

  it('has one job for it, however long that lasts and however many documents come, and another one afterwards', async () => {
    await ingest('alpha', 9)
    expect(jobs).toBe(1)
    isBusy = false
    await bench.plinth.pass(minute)
    const before = tidied.length
    await bench.plinth.pass(minute)
    expect(tidied).toHaveLength(before)
    await ingest('alpha', 1)
    expect(jobs).toBeGreaterThan(1)
    expect(tidied.length).toBeGreaterThan(before)
  })

  it.each([
    [9, 0],
    [11, 1],
  ])('whose job was due %i minutes ago gets %i more: it may be lost by then', async (ago, more) => {
    const scope = await bench.scope()
    const tidied = scope.clock.now() - ago * minute
    await changeSpaces(scope, (spaces) => ({ ...spaces, tidied, tidied_by: 'the-job' }))
    for (let times = 0; times < 3; times++) await tidyAfterRemoval(scope)
    expect(jobs).toBe(more)
  })
})
