import { addressOf, type Call } from './client.ts'

/** The call as a line of a shell. The token isn't in it: the page doesn't know it. */
export function asCurl({ method, path, body, headers = {} }: Call): string {
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(addressOf(path))}`,
    `-H "Authorization: Bearer $PLINTH_TOKEN"`,
  ]
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`)
  if (body !== undefined) lines.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`)
  return lines.join(' \\\n  ')
}

/** Ways to read an answer. */
const asJson = ['console.log(await response.json())']
const asItComes = [
  'const texts = response.body?.pipeThrough(new TextDecoderStream()) ?? []',
  'for await (const text of texts) process.stdout.write(text)',
]

/** What follows events, and what gives a text rather than JSON. */
const unlikeJson = /\/(?:events|stream|live|text|export)(?:\?|$)/

/** How its answer is read: one that isn't JSON, or comes bit by bit, is printed as it comes. */
function reading({ method, path, body }: Call): readonly string[] {
  const isAsked = typeof body === 'object' && body !== null && 'stream' in body && body.stream === true
  return isAsked || (method === 'GET' && unlikeJson.test(path)) ? asItComes : asJson
}

/** The call as TypeScript that needs nothing but `fetch`. */
export function asTypeScript(call: Call): string {
  const { method, path, body, headers = {} } = call
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const entries = Object.entries({ ...type, ...headers }).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  )
  const json = body === undefined ? undefined : JSON.stringify(body, null, 2).replaceAll('\n', '\n  ')
  return [
    `const response = await fetch(${JSON.stringify(addressOf(path))}, {`,
    `  method: '${method}',`,
    '  headers: {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is written for whoever copies it
    '    authorization: `Bearer ${process.env.PLINTH_TOKEN}`,',
    ...entries,
    '  },',
    ...(json === undefined ? [] : [`  body: JSON.stringify(${json}),`]),
    '})',
    'if (!response.ok) throw new Error((await response.json()).detail)',
    ...reading(call),
  ].join('\n')
}

/** One word of a POSIX shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
