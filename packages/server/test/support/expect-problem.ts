import { expect } from 'vitest'
import type { Answer, Problem } from '../../../../test/e2e/support/api.ts'

/** Holds an answer to the contract's form of errors: problem+json with a stable code, the request's id, and nothing inward. */
export function expectProblem(answer: Answer<unknown>, status: number, code?: string, field?: string): void {
  const body = answer.body as Problem
  const said = { status: answer.status, code: body.code, field: body.field }
  expect(said, answer.text.slice(0, 500)).toEqual({ status, code: code ?? body.code, field: field ?? body.field })
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  const { field: named, ...rest } = body
  expect(Object.keys(rest).sort()).toEqual(['code', 'detail', 'request_id', 'status', 'title', 'type'])
  expect(body.status).toBe(status)
  for (const text of [body.type, body.title, body.detail, body.code, body.request_id]) expect(text).toMatch(/\S/)
  // A sentence, also at a field.
  expect(body.detail).toMatch(/[.?!]$/)
  expect(body.detail).not.toMatch(/^(?:must|may|is|are|has|have|holds?|makes?|needs?) /)
  expect(body.code).toMatch(/^[a-z0-9_]+$/)
  expect(body.request_id).toBe(answer.headers.get('x-request-id'))
  expect(answer.text).not.toMatch(/node_modules|\.[jt]s:\d|Error:|\\n\s+at /)
  if (status === 429 || status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
}
