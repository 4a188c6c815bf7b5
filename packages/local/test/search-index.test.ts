import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SegmentSearchIndex } from '@plinth/core'
import { describeSearchIndexContract } from '@plinth/core/contracts'
import { FakeClock, scriptedModels } from '@plinth/core/testing'
import { type LocalPlatform, localPlatform } from '../src/index.ts'

describeSearchIndexContract('SegmentSearchIndex over SQLite and files', {
  create: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'plinth-search-'))
    const clock = new FakeClock()
    let platform: LocalPlatform | undefined
    const open = async (): Promise<SegmentSearchIndex> => {
      await platform?.close()
      platform = await localPlatform({ directory, models: scriptedModels(() => ''), clock })
      const operator = platform.operate()
      return new SegmentSearchIndex({
        state: (tenant) => operator.state(tenant),
        objects: (tenant) => operator.objectsOf(tenant),
        clock,
      })
    }
    return {
      port: await open(),
      clock,
      reopen: open,
      dispose: async () => {
        await platform?.close()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
})
