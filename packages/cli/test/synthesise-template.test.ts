import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { UnavailableError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { synthesiseTemplate } from '../src/synthesise-template.ts'

const goesOn = new AbortController().signal
const folders = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('plinth-template-'))

describe('the template that a server hands out', () => {
  it('is what plinth synth writes for these patterns and this model, and leaves nothing behind', async () => {
    const before = folders()
    const { name, template } = await synthesiseTemplate({ patterns: ['rag'], model_id: 'amazon.nova-pro-v1:0' }, goesOn)
    expect(name).toBe('Plinth.template.json')
    const text = JSON.stringify(template)
    expect(text).toContain('AWS::DynamoDB::Table')
    expect(text).toContain('rag-processor')
    expect(text).toContain('amazon.nova-pro-v1:0')
    expect(text).not.toMatch(/AWS::Kinesis::Stream|AWS::StepFunctions/)
    expect(folders()).toEqual(before)
  })

  it('is an error of ours where it can not be made, and leaves nothing behind', async () => {
    const before = folders()
    const making = synthesiseTemplate({ patterns: [], model_id: 'no model' }, goesOn)
    await expect(making).rejects.toMatchObject({ code: 'template_failed' })
    expect(folders()).toEqual(before)
  })

  it('ends with the server that asked, and leaves nothing behind', async () => {
    const before = folders()
    const stopping = new AbortController()
    const making = synthesiseTemplate({ patterns: ['rag'] }, stopping.signal)
    await until('its folder', () => folders().length > before.length)
    stopping.abort()
    await expect(making).rejects.toMatchObject({ code: 'template_failed' })
    expect(folders()).toEqual(before)
  })

  it('ends with the client that asked, whose leaving is no failure of it', async () => {
    const before = folders()
    const leaving = new AbortController()
    const making = synthesiseTemplate({ patterns: ['rag'] }, leaving.signal)
    await until('its folder', () => folders().length > before.length)
    leaving.abort(new UnavailableError('client_gone', 'The client left before it was answered.'))
    await expect(making).rejects.toMatchObject({ code: 'client_gone' })
    expect(folders()).toEqual(before)
  })
})
