import { cacheClasses } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { lines, plinth } from './support/plinth.ts'

const verbs = [
  ...[
    'start',
    'token',
    'submit',
    'ingest',
    'ask',
    'run',
    'workflows',
    'agents',
    'stream',
    'eval',
    'tenants',
    'advise',
    'backup',
    'doctor',
    'synth',
    'init',
  ],
]

describe('plinth --help', () => {
  it('lists the verbs', async () => {
    const run = await plinth(['--help'], {})
    expect(run.exit.code).toBe(0)
    for (const verb of verbs) expect(run.stdout).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'))
  })

  it.each(verbs)('%s --help describes it and its options, --json among them', async (verb) => {
    const run = await plinth([verb, '--help'], {})
    expect([run.exit.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(new RegExp(`^Usage: plinth ${verb}\\b`))
    expect(run.stdout).toContain('--json')
    expect(lines(run.stdout).length).toBeGreaterThan(4)
  })

  it.each(['retrieval', 'answers', 'tune'])('eval %s --help names the form of a collection, and thresholds', async (what) => {
    const { exit, stdout } = await plinth(['eval', what, '--help'], {})
    expect(exit.code).toBe(0)
    for (const word of ['corpus.jsonl', 'queries.jsonl', 'qrels.tsv', '--min', '--max', '--json']) expect(stdout).toContain(word)
  })

  it.each(['onboard', 'configure'])('tenants %s --help tells what can be set for the model gateway', async (verb) => {
    const { exit, stdout } = await plinth(['tenants', verb, '--help'], {})
    expect(exit.code).toBe(0)
    expect(stdout).toMatch(/^ {2}--fallback <models> +the models/m)
    const [cache = ''] = stdout.match(/^ {2}--cache <class>[\s\S]*?(?=^ {2}-)/m) ?? []
    for (const named of ['off', ...cacheClasses]) expect(cache).toMatch(new RegExp(`\\b${named}\\b`))
  })

  it('--version', async () => {
    const run = await plinth(['--version'], {})
    expect([run.exit.code, run.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)])
  })

  it.each([[['nothing']], [['strat']], [[]], [['token', 'demo']], [['start', '--nothing']], [['tenants']], [['tenants', 'lst']]])(
    '%j is refused, and told where help is',
    async (args) => {
      const run = await plinth(args, {})
      expect(run.exit.code).not.toBe(0)
      expect(run.stdout + run.stderr).toMatch(/--help|Usage:/)
      expect(run.stderr).not.toMatch(/\n\s+at /)
    },
  )
})
