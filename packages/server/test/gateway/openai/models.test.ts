import { describe, expect, it } from 'vitest'
import { modelAnswer, modelList } from '../../../src/gateway/openai/models.ts'
import { responseOf } from '../support/wire.ts'
import { officialClient } from './support/wire.ts'

const entries = [
  { id: 'eu.anthropic.claude-x-v1:0', created: 1_700_000_000_999, ownedBy: 'anthropic' },
  { id: 'local', ownedBy: 'plinth' },
]
const known = { id: 'eu.anthropic.claude-x-v1:0', object: 'model', created: 1_700_000_000, owned_by: 'anthropic' }

describe('GET /v1/models', () => {
  it('lists them as the official client reads them', async () => {
    const list = await officialClient(() => responseOf(modelList(entries))).models.list()
    expect(list.object).toBe('list')
    expect(list.data).toEqual([known, { id: 'local', object: 'model', created: 0, owned_by: 'plinth' }])
  })

  it('gives one of them', async () => {
    const [first] = entries
    if (!first) throw new Error('There is one.')
    expect(await officialClient(() => responseOf(modelAnswer(first))).models.retrieve(first.id)).toEqual(known)
  })
})
