import { addressOf, type Call } from './client.ts'

/** A call among those that make something together, in their order. */
export interface Step extends Call {
  /** What it begins is followed to its end: the events of the address that its answer names. */
  readonly follows?: true
  /** It is asked again each second, until this stands in its answer. */
  readonly until?: string
  /** Its answer has a key, which those after it show that are made with it. */
  readonly givesKey?: true
  /** Made with that key in the place of the token; what is refused is told by its status, as what is taken. */
  readonly withKey?: true
}

/** The call as a line of a shell, or several one after another; each begins when the one before it went well. The page doesn't know the token. */
export function asCurl(steps: readonly Step[]): string {
  return steps.map((step) => asShell(step, steps.length === 1)).join(' &&\n')
}

/** Whether one of them is a call of administration, which a token allows only when that was asked for. */
export function administers(steps: readonly Step[]): boolean {
  return steps.some(({ path }) => /^\/api\/tenants(?:[/?]|$)/.test(path))
}

/** Fails at a refusal, and shows what that says. */
const sent = 'curl --fail-with-body -sS'

function asShell(step: Step, isAlone: boolean): string {
  if (step.withKey) return curl(step, "curl -sS -o /dev/null -w '%{http_code}\\n'", '$key')
  const own = curl(step, sent)
  if (step.givesKey) return `{ ${answered(own)}; } &&\nkey=$(${answer} | sed -n 's/.*"key":"\\([^"]*\\)".*/\\1/p')`
  if (step.until !== undefined)
    return `(until ${answered(own)} || exit\n  ${answer} | grep -F ${quoted(step.until)}; do sleep 1; done)`
  if (!step.follows) return isAlone ? own : `${own} && echo`
  const begun = `begun=$(${answer} | sed -n 's/^[Ll]ocation: *\\([^[:space:]]*\\).*/\\1/p' | grep .)`
  const followed = `${sent} -N ${quoted(root())}"$begun/events" \\\n  ${bearer('$PLINTH_TOKEN')}`
  return `{ ${answered(`${own} -i`)}; } &&\n${begun} &&\n${followed}`
}

const answer = `printf '%s\\n' "$answer"`

/** Keeps the answer, for something to be found in it; one that refuses is shown. */
function answered(command: string): string {
  return `answer=$(${command}) || ! ${answer} >&2`
}

function curl({ method, path, body, headers = {} }: Call, command: string, token = '$PLINTH_TOKEN'): string {
  const lines = [`${command} ${method === 'GET' ? '' : `-X ${method} `}${quoted(addressOf(path))}`, bearer(token)]
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`)
  if (body !== undefined) lines.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`)
  return lines.join(' \\\n  ')
}

function bearer(token: string): string {
  return `-H "Authorization: Bearer ${token}"`
}

/** What stands before the paths that the server names. */
function root(): string {
  return addressOf('/').replace(/\/$/, '')
}

/** One word of a POSIX shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Ways to read an answer. */
const asJson = (name: string): string => `console.log(await ${name}.json())`
const asItComes = (name: string): string =>
  [
    `const texts = ${name}.body?.pipeThrough(new TextDecoderStream()) ?? []`,
    'for await (const text of texts) process.stdout.write(text)',
  ].join('\n')

/** What follows events, and what gives a text rather than JSON. */
const unlikeJson = /\/(?:events|stream|live|text|export)(?:\?|$)/

/** How its answer is read: one that isn't JSON, or comes bit by bit, is printed as it comes. */
function reading({ method, path, body }: Call): (name: string) => string {
  const isAsked = typeof body === 'object' && body !== null && 'stream' in body && body.stream === true
  return isAsked || (method === 'GET' && unlikeJson.test(path)) ? asItComes : asJson
}

const ownToken = 'process.env.PLINTH_TOKEN'

/** The call as TypeScript that needs nothing but `fetch`, or several one after another. */
export function asTypeScript(steps: readonly Step[]): string {
  const written = steps.map(asProgram)
  if (steps.length === 1) return written.join('')
  const key = steps.some(({ givesKey }) => givesKey) ? ['let key'] : []
  return [...key, ...written.map((lines) => `{\n${indented(lines)}\n}`)].join('\n')
}

function asProgram(step: Step): string {
  if (step.withKey) return `${fetched(step, 'key')}\nconsole.log(response.status)`
  const own = [fetched(step), refusal('response')]
  if (step.givesKey) own.push('key = (await response.json()).key')
  else if (step.follows)
    own.push(
      `const followed = await fetch(${JSON.stringify(root())} + response.headers.get('location') + '/events', {`,
      `  headers: { authorization: ${bearerOf(ownToken)} },`,
      '})',
      refusal('followed'),
      asItComes('followed'),
    )
  else if (step.until !== undefined) {
    own.push('const text = await response.text()', `if (text.includes(${JSON.stringify(step.until)})) {`)
    own.push('  console.log(text)', '  break', '}', 'await new Promise((resolve) => setTimeout(resolve, 1_000))')
    return `while (true) {\n${indented(own.join('\n'))}\n}`
  } else own.push(reading(step)('response'))
  return own.join('\n')
}

function fetched({ method, path, body, headers = {} }: Call, token = ownToken): string {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const entries = Object.entries({ ...type, ...headers }).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  )
  return [
    `const response = await fetch(${JSON.stringify(addressOf(path))}, {`,
    `  method: '${method}',`,
    '  headers: {',
    `    authorization: ${bearerOf(token)},`,
    ...entries,
    '  },',
    ...(body === undefined ? [] : [`  body: JSON.stringify(${indented(JSON.stringify(body, null, 2)).trim()}),`]),
    '})',
  ].join('\n')
}

/** A template of the program, which it fills in itself. */
function bearerOf(token: string): string {
  return `\`Bearer $\{${token}}\``
}

function refusal(name: string): string {
  return `if (!${name}.ok) throw new Error((await ${name}.json()).detail)`
}

/** A text within quotes has its line ends spelt out, so that none of its lines is moved. */
function indented(lines: string): string {
  return lines.replaceAll(/^/gm, '  ')
}
