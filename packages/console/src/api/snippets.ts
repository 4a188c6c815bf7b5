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

/** The call as TypeScript that needs nothing but `fetch`. */
export function asTypeScript({ method, path, body, headers = {} }: Call): string {
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
    'console.log(await response.json())',
  ].join('\n')
}

/** One word of a POSIX shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
