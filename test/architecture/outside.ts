/** What reaches out of the process, or makes code of data: few files do, each for a reason. @module */
import { codeOf, importsOf, packageOf, type SourceFile, sourcesOf, type Violation } from './source-file.ts'

/**
 * What opens connections, and to where. A URL that a tenant, a model or a document may name is called by the first of them alone; the
 * others call what whoever runs Plinth has named.
 */
const callsOut: readonly RegExp[] = [
  /^packages\/outbound\/src\/guarded-http\.ts$/,
  // Models' providers, at PLINTH_MODEL_BASE_URL or AWS.
  /^packages\/models\/src\/(connections|openai-compatible\/server)\.ts$/,
  // MCP servers of PLINTH_MCP_SERVERS.
  /^packages\/mcp\/src\/client\/bounded-fetch\.ts$/,
  // Peers of PLINTH_REGIONS.
  /^packages\/server\/src\/forward\.ts$/,
  // AWS, by signed requests; other services of AWS by its own clients.
  /^packages\/aws\/src\/(opensearch-http|examine\/signed-requests)\.ts$/,
  // The command line calls the server that PLINTH_URL names, and looks at settings.
  /^packages\/cli\/src\/(client|checks\/model|checks\/server)\.ts$/,
  // They listen.
  /^packages\/server\/src\/(node|listeners|connections)\.ts$/,
]
const calling = /^(node:(http|https|http2|net|tls|dgram|dns(\/promises)?)|undici)$/
/** Types, and what looks at addresses without a connection. */
const harmless = /^(BlockList|isIP|constants)$/

/** Connections are opened by few files, so that no URL that somebody else named goes around the guard. */
export function checkOutgoing(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files)
    .filter((file) => packageOf(file.path) !== 'console' && !callsOut.some((form) => form.test(file.path)))
    .flatMap((file) => [
      ...importsOf(file)
        .filter(({ specifier }) => calling.test(specifier))
        .filter(({ names }) => names.length === 0 || !names.every((name) => harmless.test(name) || isType(file, name)))
        .filter(({ specifier }) => !(specifier.startsWith('node:dns') && file.path === 'packages/outbound/src/name-lookup.ts'))
        .map(({ specifier }) => ({ path: file.path, problem: `imports ${specifier}; the port Outbound calls what others name` })),
      ...(/(?<![.\w#])fetch\((?!request: Request)/.test(codeOf(file.text))
        ? [{ path: file.path, problem: 'calls fetch; the port Outbound calls what others name' }]
        : []),
    ])
}

/** Whether an imported name stands in an import of types only. */
function isType(file: SourceFile, name: string): boolean {
  return new RegExp(`import type \\{[^}]*\\b${name}\\b|\\btype ${name}\\b[^}]*\\} from`).test(file.text)
}

/** Who starts processes: of what whoever runs Plinth has named, or of our own files. */
const startsProcesses: readonly RegExp[] = [
  /^packages\/mcp\/src\/client\/process-transport\.ts$/,
  /^packages\/cdk\/src\/import-times\.ts$/,
  /^packages\/cli\/src\/(checks\/build|synthesise-template)\.ts$/,
]

/** No request starts a process, and no data becomes code. */
export function checkCode(files: readonly SourceFile[]): readonly Violation[] {
  return sourcesOf(files).flatMap((file): Violation[] => {
    const processes = importsOf(file).some(({ specifier }) => /^(node:)?(child_process|cluster)$/.test(specifier))
    const code =
      importsOf(file).some(({ specifier }) => /^(node:)?(vm|repl|inspector)$/.test(specifier)) ||
      /(?<![.\w])eval\(|\bnew Function\(/.test(codeOf(file.text))
    return [
      ...(processes && !startsProcesses.some((form) => form.test(file.path))
        ? [{ path: file.path, problem: 'starts processes' }]
        : []),
      ...(code ? [{ path: file.path, problem: 'makes code of data' }] : []),
    ]
  })
}

/** Tokens are read by one library, in one folder: others took one algorithm for another. */
export function checkTokenLibrary(files: readonly SourceFile[]): readonly Violation[] {
  const other = /^(hono\/(jwt|jwk)|jsonwebtoken|fast-jwt|jwt-simple|express-jwt|passport-jwt)$/
  return sourcesOf(files).flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => other.test(specifier) || (specifier === 'jose' && packageOf(file.path) !== 'core'))
      .map(({ specifier }) => ({ path: file.path, problem: `imports ${specifier}; core's tenancy/identity reads tokens` })),
  )
}
