import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Answer, Arrival } from '../exchange.ts'

/**
 * Nothing of the page comes from elsewhere, nothing in it is a script but its files, and nobody puts it in a frame. Styles that scripts set on
 * elements aren't what `style-src` is about.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.md': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** The console's static files: gives the answer for a path, or undefined where it has no such file. */
export type Site = (arrival: Pick<Arrival, 'path' | 'header'>) => Answer | undefined

interface File {
  readonly type: string
  readonly plain: Uint8Array<ArrayBuffer>
  /** Packed for the first that asks for it, since a start is not held up by it. Undefined where it gains nothing. */
  packed(): Uint8Array<ArrayBuffer> | undefined
  readonly caching: string
}

/** Reads a built console into memory. @returns undefined where there is none. */
export function loadSite(folder: string): Site | undefined {
  const files = new Map<string, File>()
  for (const name of namesIn(folder)) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const plain = new Uint8Array(readFileSync(join(folder, name)))
    // The names of assets hold a hash of what is in them.
    const caching = name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    files.set(`/${name}`, { type, plain, caching, packed: type === 'font/woff2' ? () => undefined : packedOnce(plain) })
  }
  const index = files.get('/index.html')
  if (!index) return undefined
  files.set('/', index)
  return ({ path, header }) => {
    const file = files.get(path)
    if (!file) return undefined
    const takesPacked = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(header('accept-encoding') ?? '')
    const packed = takesPacked ? file.packed() : undefined
    return {
      status: 200,
      headers: {
        ...headers,
        'content-type': file.type,
        'cache-control': file.caching,
        vary: 'Accept-Encoding',
        ...(packed ? { 'content-encoding': 'gzip' } : {}),
      },
      bytes: packed ?? file.plain,
    }
  }
}

function packedOnce(plain: Uint8Array<ArrayBuffer>): File['packed'] {
  let packed: Uint8Array<ArrayBuffer> | undefined
  return () => {
    packed ??= new Uint8Array(gzipSync(plain))
    return packed.byteLength < plain.byteLength ? packed : undefined
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.split(sep).join('/'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
