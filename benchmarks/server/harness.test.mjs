// What the measurements of the whole server stand on. node --test benchmarks/server/harness.test.mjs
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slopeOf } from './harness/slopes.mjs'
import { Bins } from './load/bins.mjs'
import { kindOf, kinds, TenantCalls } from './load/mix.mjs'

test('of any hundred arrivals each kind has its share', () => {
  for (const from of [0, 1, 12_345]) {
    const counts = {}
    for (let number = from; number < from + 100; number++) counts[kindOf(number)] = (counts[kindOf(number)] ?? 0) + 1
    for (const [name, { share }] of Object.entries(kinds)) assert.equal(counts[name], share, name)
  }
})

test('what was made is asked for', () => {
  const calls = new TenantCalls('token')
  assert.equal(calls.call('shown', 0).path, '/api/requests?limit=1')
  calls.remember('one')
  const { method, path, headers } = calls.call('shown', 7)
  assert.deepEqual([method, path, headers], ['GET', '/api/requests/one', { authorization: 'Bearer token' }])
})

test('an answer after the deadline is late, and a refusal counts whether it says when to come again', () => {
  const bins = new Bins({ binSeconds: 1, deadline: 100 })
  const bin = bins.at(1_500, 0)
  bin.offered += 4
  bin.answered('request', { status: 202, milliseconds: 99 })
  bin.answered('request', { status: 202, milliseconds: 101 })
  bin.answered('request', { status: 503, milliseconds: 1 })
  bin.answered('chat', { status: 503, retryAfter: '1', milliseconds: 1 })
  const [{ at, offered, good, late, refused, curt }] = bins.list()
  assert.deepEqual([at, offered, good, late, refused, curt], [1, 4, 1, 1, 2, 1])
})

test('a slope is that of the points, whatever a few of them are', () => {
  const points = Array.from({ length: 50 }, (_, index) => [index, 3 * index + 7])
  points[10] = [10, 1e6]
  const { slope, low, high } = slopeOf(points)
  assert.deepEqual([slope, low, high], [3, 3, 3])
})

test('of noise without a slope, the interval holds zero', () => {
  const { low, high } = slopeOf(Array.from({ length: 60 }, (_, index) => [index, ((index * 37) % 11) - 5]))
  assert.ok(low <= 0 && high >= 0)
})
