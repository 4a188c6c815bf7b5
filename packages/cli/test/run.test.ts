import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { plinthCommand } from '../../../test/e2e/support/command.ts'
import { PlinthProcess, type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { mintToken } from '../src/local-identity.ts'
import { lines, plinth, refusalOf } from './support/plinth.ts'

const latency = { PLINTH_SCRIPTED_LATENCY_MS: '50' }
let folder: string
let server: RunningPlinth
let environment: Record<string, string>
let token: string

beforeAll(async () => {
  folder = temporaryFolder()
  server = await startPlinth(folder, latency)
  environment = { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url }
  token = await mintToken({ tenant: 'demo', user: 'x', permissions: ['*'], lifetime: 3_600 }, { PLINTH_DATA_DIR: folder })
})

const statusOf = async (id: string): Promise<string> =>
  (await call<{ status: string }>(server.url, `/api/workflows/${id}`, { token })).body.status
const reach = (id: string, status: string) => until(`${id} ${status}`, async () => (await statusOf(id)) === status)
const run = (...args: string[]) => plinth(['run', ...args], environment)
const workflows = (...args: string[]) => plinth(['workflows', ...args], environment)

const planFile = (steps: readonly object[]): string => fileOf({ steps })

function fileOf(content: object): string {
  const file = join(temporaryFolder(), 'content.json')
  writeFileSync(file, JSON.stringify(content))
  return file
}

const steps = [
  { id: 'find', agent_type: 'research', prompt: 'Find the figures.' },
  { id: 'write', agent_type: 'report', prompt: 'Write them up.', dependencies: ['find'] },
]

interface Line {
  readonly event: string
  readonly data: { readonly status?: string; readonly step_id?: string; readonly workflow_id?: string }
}

describe('[R56] plinth run', () => {
  it('shows the plan and its steps as they run, and prints the answer alone on standard output', async () => {
    const { exit, stdout, stderr } = await run('Report.', '--plan', planFile(steps))
    expect(exit.code, stderr).toBe(0)
    expect(lines(stdout)).toEqual([expect.stringMatching(/^Scripted [0-9a-f]{8}/)])
    const [id = '', ...told] = lines(stderr)
    expect(await statusOf(id)).toBe('completed')
    expect(told.slice(0, 2)).toEqual(['  find (research): Find the figures.', '  write (report, after find): Write them up.'])
    expect(told.slice(2, -1)).toEqual([
      '  find: running',
      expect.stringMatching(/^ {2}find: completed in \d+\.\d s, \d+ tokens, \d+\.\d{4} USD at list prices$/),
      '  write: running',
      expect.stringMatching(/^ {2}write: completed in /),
    ])
    expect(told.at(-1)).toMatch(/^\d+ tokens, \d+\.\d{4} USD at list prices$/)
  })

  it('plans by itself, and --json tells each event as a line', async () => {
    const { exit, stdout, stderr } = await run('What is known of pumps?', '--json')
    expect([exit.code, stderr]).toEqual([0, ''])
    const events = lines(stdout).map((line) => JSON.parse(line) as Line)
    expect(events[0]).toMatchObject({ event: 'status', data: { status: 'planning' } })
    expect(events.map(({ event }) => event)).toContain('plan')
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'completed' } })
  })

  it('--detach prints the id, and the work goes on', async () => {
    const { exit, stdout } = await run('Report.', '--plan', planFile(steps), '--detach')
    expect(exit.code).toBe(0)
    const followed = await workflows('get', stdout.trim(), '--follow')
    expect([followed.exit.code, lines(followed.stdout).length]).toEqual([0, 1])
    const json = await run('Report.', '--plan', planFile(steps), '--detach', '--json')
    expect(JSON.parse(json.stdout)).toEqual({ workflow_id: expect.stringMatching(/./), status: 'planning' })
  })

  it('--approval without a terminal prints the commands, which then work, and ends with 2', async () => {
    const waiting = await run('Report.', '--plan', planFile(steps), '--approval')
    expect([waiting.exit.code, waiting.stdout]).toEqual([2, ''])
    const [id = ''] = lines(waiting.stderr)
    const commands = lines(waiting.stderr).filter((line) => line.includes('plinth workflows'))
    expect(commands).toEqual([
      `  plinth workflows approve ${id}`,
      `  plinth workflows reject ${id} --reason "…"`,
      `  plinth workflows get ${id} --follow`,
    ])
    const approved = await plinth((commands[0] ?? '').trim().split(' ').slice(1), environment)
    expect([approved.exit.code, approved.stdout]).toEqual([0, expect.stringContaining(`${id} is running.`)])
    expect((await workflows('get', id, '--follow')).exit.code).toBe(0)
  })

  it.for([
    ['y\n', 0, 'completed', 1],
    ['No\n', 1, 'cancelled', 1],
    ['\nja\nyes\n', 0, 'completed', 3],
    // The end of what is typed is no answer.
    ['\n', 2, 'awaiting_approval', 2],
  ] as const)('asks on a terminal about the plan, until it is answered: %j', async ([typed, code, status, times], { skip }) => {
    if (spawnSync('script', ['--version']).error) return skip('util-linux script, which makes a terminal, is not installed')
    const command = [...plinthCommand(), 'run', 'Report.', '--plan', planFile(steps), '--approval']
      .map((word) => `'${word}'`)
      .join(' ')
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment, PLINTH_MODEL: 'scripted' },
      timeout: 30_000,
    })
    let stdout = ''
    const left = typed.split(/(?<=\n)/)
    child.stdout.on('data', (bytes) => {
      stdout += String(bytes)
      // Somebody who answers what is asked, and then goes away.
      if (!String(bytes).includes('Enter asks again]')) return
      const answer = left.shift()
      if (answer === undefined) child.stdin.end()
      else child.stdin.write(answer)
    })
    const [exit] = await once(child, 'close')
    expect(exit, stdout).toBe(code)
    expect(stdout.split('Run this plan? [y/n, Enter asks again]')).toHaveLength(times + 1)
    // The terminal shows what is typed, too.
    const id = /\bkey-[A-Za-z0-9]+/.exec(stdout)?.[0] ?? ''
    expect(await statusOf(id)).toBe(status)
    expect(stdout.includes(`plinth workflows approve ${id}`)).toBe(code === 2)
    if (code === 2) expect((await workflows('cancel', id)).exit.code).toBe(0)
    await until('it has ended', async () => (await statusOf(id)) !== 'awaiting_approval')
  })

  it('one that fails: says why, and exits 1', async () => {
    const failing = planFile([{ id: 'find', agent_type: 'research', prompt: '[[fail]]' }])
    const words = refusalOf(await run('Report.', '--plan', failing))
    expect(words).toContain('  find: failed')
    expect(words).toContain('The step find failed:')
    const [id = ''] = lines(words)
    const retry = `  plinth workflows retry ${id} find`
    expect(lines(words)).toContain(retry)
    expect(lines((await workflows('get', id)).stdout)).toContain(retry)
    expect((await plinth(retry.trim().split(' ').slice(1), environment)).exit.code).toBe(0)
    const json = await run('Report.', '--plan', failing, '--json')
    expect(json.exit.code).toBe(1)
    expect(JSON.parse(lines(json.stdout).at(-1) ?? '')).toMatchObject({ error: { code: 'step_failed' } })
  })

  it('keeps to its budget', async () => {
    const words = refusalOf(await run('Report.', '--plan', planFile(steps), '--budget-tokens', '1'))
    expect(words).toMatch(/find: failed.*budget/)
    expect(words).toContain("A retry can't help where a budget is spent")
    expect(words).not.toContain('workflows retry')
  })

  it('keeps to its time, which begins anew with a retry', async () => {
    const slow = planFile([{ id: 'find', agent_type: 'research', prompt: 'Slowly.' }])
    const words = refusalOf(await run('Report.', '--plan', slow, '--budget-seconds', '0.01'))
    const [id = ''] = lines(words)
    expect(words).toContain(`To have it done again, with as much time as before:\n  plinth workflows retry ${id} find\n`)
  })

  it('goes on when the server was killed and is there again', async () => {
    const own = temporaryFolder()
    const first = await startPlinth(own, { PLINTH_SCRIPTED_LATENCY_MS: '400' })
    const port = new URL(first.url).port
    const following = new PlinthProcess(['run', 'Report.', '--plan', planFile(steps)], {
      environment: { PLINTH_DATA_DIR: own, PLINTH_URL: first.url },
    })
    await until('its first step', () => following.stderr.includes('find: running'))
    await first.process.kill()
    const second = await startPlinth(own, { PORT: port })
    const { code } = await following.exited
    expect(code, following.stderr).toBe(0)
    expect(following.stderr.match(/write: completed/g)).toHaveLength(1)
    await second.process.stop()
  })

  it.each<[string, string[], RegExp]>([
    ['an empty request', [' '], /request/],
    ['a budget that is no number', ['x', '--budget-usd', 'much'], /--budget-usd must be a number above 0/],
    ['a budget of part of a token', ['x', '--budget-tokens', '1.5'], /--budget-tokens must be a whole number above 0/],
    ['a plan that is not there', ['x', '--plan', '/nowhere.json'], /no file/],
    ['a plan that is wrapped', ['x', '--plan', fileOf({ plan: { steps } })], /A plan is \{"steps": .*without "plan" around it/],
    ['a key that is mistyped', ['x', '--plan', planFile([{ id: 'a', agent: 'x', prompt: 'x' }])], /did you mean "agent_type"/],
    [
      'a plan that is wrong',
      ['x', '--plan', planFile([{ id: 'a', agent_type: 'nobody', prompt: 'x' }])],
      /no agent nobody\. There are: .*research.*\(plan\.steps\.0\.agent_type\) To see the agents: plinth agents list\n/,
    ],
    ['an option that is none', ['x', '--nothing'], /--nothing/],
  ])('refuses %s, with words', async (_, args, words) => {
    expect(refusalOf(await run(...args))).toMatch(words)
  })

  it('says without a server how to start one', async () => {
    const nowhere = { PLINTH_URL: 'http://127.0.0.1:9', PLINTH_TOKEN: 'a.b.c' }
    expect(refusalOf(await plinth(['run', 'x'], nowhere))).toMatch(/npm start/)
    expect(refusalOf(await plinth(['workflows', 'list'], nowhere))).toMatch(/npm start/)
    expect(refusalOf(await plinth(['agents', 'list'], nowhere))).toMatch(/npm start/)
  })
})

describe('plinth workflows', () => {
  it('list shows them, newest first, by status', async () => {
    const id = (await run('Report.', '--plan', planFile(steps), '--approval', '--detach')).stdout.trim()
    await reach(id, 'awaiting_approval')
    const table = lines((await workflows('list', '--limit', '1')).stdout)
    expect(table[0]).toMatch(/^WORKFLOW +STATUS +MADE +TOKENS +USD$/)
    expect(table[1]).toMatch(new RegExp(`^${id} +awaiting_approval `))
    expect(table[2]).toMatch(/--limit/)
    const waiting = JSON.parse((await workflows('list', '--status', 'awaiting_approval', '--json')).stdout)
    expect(waiting.items).toMatchObject([{ workflow_id: id }])
    const resumed = await workflows('resume', id)
    expect(resumed.stdout).toBe(`${id} waits for approval of its plan. To see it: plinth workflows get ${id}\n`)
    const cancelled = await workflows('cancel', id, '--reason', 'Never mind.')
    expect([cancelled.exit.code, cancelled.stdout]).toEqual([0, `${id} is being cancelled.\n`])
    await reach(id, 'cancelled')
    expect((await workflows('cancel', id)).stdout).toBe(`${id} is cancelled already.\n`)
    const words = (await workflows('get', id)).stdout
    for (const said of ['Never mind. (cancelled)', 'find: cancelled', 'write: cancelled']) expect(words).toContain(said)
    expect(refusalOf(await workflows('approve', id))).toMatch(/does not wait/)
  })

  it('approve takes a changed plan, reject a reason, retry a step', async () => {
    const begin = async (): Promise<string> => {
      const id = (await run('Report.', '--plan', planFile(steps), '--approval', '--detach')).stdout.trim()
      await reach(id, 'awaiting_approval')
      return id
    }
    const rejected = await begin()
    const no = await workflows('reject', rejected, '--reason', 'Too dear.')
    expect([no.exit.code, no.stdout]).toEqual([0, `${rejected} is being cancelled: its plan is rejected.\n`])
    expect(refusalOf(await workflows('get', rejected, '--follow'))).toContain('Too dear.')
    const changed = await begin()
    const other = planFile([{ id: 'other', agent_type: 'report', prompt: '[[fail]]' }])
    expect((await workflows('approve', changed, '--plan', other, '--json')).exit.code).toBe(0)
    expect(refusalOf(await workflows('get', changed, '--follow'))).toContain('other: failed')
    const again = await workflows('retry', changed, 'other')
    expect([again.exit.code, again.stdout]).toEqual([0, expect.stringContaining('is running')])
    expect(refusalOf(await workflows('retry', changed, 'nobody'))).toMatch(/step/)
  })

  it('says of a step that it is approved or rejected', async () => {
    const both = planFile(['a', 'b'].map((id) => ({ id, agent_type: 'research', prompt: 'x', approval: true })))
    const id = (await run('Report.', '--plan', both, '--detach')).stdout.trim()
    await reach(id, 'awaiting_approval')
    const approved = await workflows('approve', id, '--step', 'a')
    expect(lines(approved.stdout)[0]).toBe('The step a is approved.')
    const rejected = await workflows('reject', id, '--step', 'b')
    expect(lines(rejected.stdout)[0]).toBe('The step b is rejected.')
    await reach(id, 'failed')
  })

  it('fork begins another one from a step on, and list shows those of a session', async () => {
    const session = ['--session', 'talk']
    const id = (await run('Report.', '--plan', planFile(steps), ...session, '--detach')).stdout.trim()
    await reach(id, 'completed')
    const forked = await workflows('fork', id, '--step', 'write', '--result', 'It is written.')
    const own = /^(\S+) goes on from there\. .*plinth workflows get \1 --follow$/m.exec(forked.stdout)?.[1] ?? ''
    expect(forked.exit.code, forked.stderr).toBe(0)
    expect(lines((await workflows('get', own, '--follow')).stdout)).toEqual(['It is written.'])
    const other = JSON.parse((await workflows('fork', id, '--step', 'find', '--prompt', 'Find others.', '--json')).stdout)
    await reach(other.workflow_id, 'completed')
    const listed = JSON.parse((await workflows('list', ...session, '--json')).stdout) as { items: { workflow_id: string }[] }
    expect(listed.items.map((each) => each.workflow_id)).toEqual([other.workflow_id, own, id])
    expect(refusalOf(await workflows('fork', id, '--step', 'nobody'))).toMatch(/step/)
    expect(refusalOf(await workflows('fork', id, '--step', 'find', '--prompt', 'x', '--result', 'y'))).toMatch(/not both/)
    expect((await workflows('fork', id)).exit.code).toBe(1)
  })

  it.each([['..'], ['a/b'], ['x?y=1'], ['']])('refuses what is no id: %s', async (id) => {
    expect(refusalOf(await workflows('get', id))).toMatch(/workflow id/)
  })
})

describe('[R67] plinth agents', () => {
  const agents = (...args: string[]) => plinth(['agents', ...args], environment)

  it('lists those that are there', async () => {
    const table = lines((await agents('list')).stdout)
    expect(table[0]).toMatch(/^AGENT +VERSION +MODEL +TOOLS +GOOD FOR$/)
    for (const type of ['orchestrator', 'research', 'analysis', 'report'])
      expect(table.some((line) => line.startsWith(`${type} `) && line.includes('built in'))).toBe(true)
  })

  it('puts one, which does steps from then on, changes it, and deletes it', async () => {
    const made = await agents(
      'put',
      'poet',
      '--prompt',
      'You write verse.',
      '--tools',
      'calculate, read_result',
      '--capability',
      'rhyme',
    )
    expect([made.exit.code, made.stdout]).toEqual([0, 'poet is there in version 1.\n'])
    const verse = planFile([{ id: 'sing', agent_type: 'poet', prompt: 'A song.' }])
    expect((await run('A song.', '--plan', verse)).exit.code).toBe(0)
    const file = join(temporaryFolder(), 'poet.json')
    writeFileSync(file, JSON.stringify({ system_prompt: 'You write prose.', capabilities: ['prose'] }))
    const changed = JSON.parse((await agents('put', 'poet', '--file', file, '--model', 'scripted', '--json')).stdout)
    expect(changed).toMatchObject({
      type: 'poet',
      version: 2,
      system_prompt: 'You write prose.',
      model_id: 'scripted',
      tools: [],
      capabilities: ['prose'],
    })
    expect((await agents('delete', 'poet')).stdout).toBe('poet is deleted.\n')
    expect(refusalOf(await agents('delete', 'poet'))).toMatch(/agent/)
    expect(refusalOf(await run('A song.', '--plan', verse))).toMatch(/agent_type/)
  })

  it('put refuses a file that defines another one', async () => {
    const file = fileOf({ type: 'poet', system_prompt: 'You write verse.' })
    expect(refusalOf(await agents('put', 'clerk', '--file', file))).toContain('defines the agent poet, not clerk')
    expect((await agents('put', 'poet', '--file', file)).exit.code).toBe(0)
    expect((await agents('delete', 'poet')).exit.code).toBe(0)
    expect(refusalOf(await agents('delete', 'clerk'))).toMatch(/agent/)
  })

  it.each<[string, string[], RegExp]>([
    ['a name that is a path', ['put', '../x'], /name/],
    ['a name in capitals', ['delete', 'Poet'], /name/],
    ['a tool that is none', ['put', 'x', '--tools', 'nothing'], /tools\.0/],
    ['a file that is not there', ['put', 'x', '--file', '/nowhere.json'], /no file/],
  ])('refuses %s, with words', async (_, args, words) => {
    expect(refusalOf(await agents(...args))).toMatch(words)
  })
})
