import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { Administrator } from './administrator.ts'

let admin: Administrator

beforeAll(async () => {
  admin = await Administrator.start()
  await admin.onboard('odd')
})

/** What no UTF-8 can say, or what steers whatever shows it. */
const oddTexts = ['\ud800', 'a\udc00b', '\udc00\ud800', '\u0000', 'a\u0000', 'a\nb', 'a\u001b[31mb', 'a\u007fb', 'a\u0085b']
/** All of these are names. */
const goodTexts = ['Ada & Co.', '株式会社', 'Ünïted', '👩‍👩‍👧', 'O’Neill', 'x\u202ey']

describe('a text that is shown to people', () => {
  it.each<[string, string, (text: string) => object]>([
    ['name', '/api/tenants', (name) => ({ tenant_id: 'never', name })],
    ['name', '/api/tenants/odd', (name) => ({ name })],
    ['filters.deny_list.1', '/api/tenants/odd', (word) => ({ filters: { deny_list: ['fine', word] } })],
    ['model_config.model_id', '/api/tenants/odd', (model_id) => ({ model_config: { model_id } })],
    ['model_config.fallback.0', '/api/tenants/odd', (id) => ({ model_config: { fallback: [id] } })],
    ['name', '/api/tenants/odd/keys', (name) => ({ name })],
    ['user_id', '/api/tenants/odd/keys', (user_id) => ({ user_id })],
    ['groups.0', '/api/tenants/odd/keys', (group) => ({ groups: [group] })],
  ])('%s of %s is refused with its field, when it holds what can not be shown', async (field, path, bodyOf) => {
    const method = path.endsWith('/odd') ? 'PATCH' : 'POST'
    const before = await admin.shown('odd')
    for (const text of oddTexts) expectProblem(await admin.ask(path, { method, body: bodyOf(text) }), 400, 'invalid_input', field)
    expect(await admin.shown('odd')).toEqual(before)
    expect((await admin.ask('/api/tenants/never')).status).toBe(404)
  })

  it('may be in any script', async () => {
    for (const text of goodTexts) {
      expect((await admin.patch('odd', { name: text, filters: { deny_list: [text] } })).body).toMatchObject({
        name: text,
        filters: { deny_list: [text] },
      })
      expect(await admin.makeKey('odd', { name: text, user_id: text, permissions: ['tenants:admin'] })).toMatchObject({
        name: text,
        user_id: text,
      })
    }
  })

  it('counts without the white space around it', async () => {
    expect((await admin.patch('odd', { name: '\n Ada \t' })).body.name).toBe('Ada')
    expect(await admin.makeKey('odd', { name: ' ci\n', permissions: ['tenants:admin'] })).toMatchObject({ name: 'ci' })
  })
})

describe('a field by a name that objects have anyway', () => {
  it.each<[string, string, string]>([
    ['PATCH', '/api/tenants/odd', '%s'],
    ['PATCH', '/api/tenants/odd', 'limits.%s'],
    ['PATCH', '/api/tenants/odd', 'model_config.%s'],
    ['PATCH', '/api/tenants/odd', 'retention.%s'],
    ['PATCH', '/api/tenants/odd', 'filters.%s'],
    ['PATCH', '/api/tenants/odd', 'filters.input.%s'],
    ['PATCH', '/api/tenants/odd', 'filters.output.%s'],
    ['POST', '/api/tenants/odd/keys', '%s'],
    ['POST', '/api/tenants/odd/keys', 'limits.%s'],
    ['POST', '/api/requests', '%s'],
    ['POST', '/api/subscribers', 'pattern.%s'],
    ['POST', '/api/subscribers', 'pattern.detail.%s'],
  ])('%s %s: %s is refused like every unknown one', async (method, path, form) => {
    const token = await admin.server.token({ tenant: 'odd' })
    const ask = (body: string) =>
      path.startsWith('/api/tenants') ? admin.ask(path, { method, body }) : call(admin.server.url, path, { method, body, token })
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString']) {
      // In detail a pattern may ask for any field of an event, but for the one that no object can be given.
      if (form.startsWith('pattern.detail') && name !== '__proto__') continue
      const field = form.replace('%s', name)
      for (const spelt of [JSON.stringify(name), `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}"`]) {
        const body = field
          .split('.')
          .slice(0, -1)
          .reduceRight((inner, outer) => `{${JSON.stringify(outer)}:${inner}}`, `{${spelt}:{"email":"mask"}}`)
        const filled = path === '/api/subscribers' ? body.replace(/^\{/, '{"target":{"type":"queue"},') : body
        expectProblem(
          await ask(path === '/api/requests' ? filled.replace(/^\{/, '{"prompt":"x",') : filled),
          400,
          'invalid_input',
          field,
        )
      }
    }
  })

  it('is a text like any other where it stands for a value', async () => {
    expect((await admin.patch('odd', { name: '__proto__' })).body.name).toBe('__proto__')
  })
})
