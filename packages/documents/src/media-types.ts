/** How a document is read. */
export type Kind = 'pdf' | 'docx' | 'html' | 'markdown' | 'csv' | 'json' | 'text' | 'lines' | 'image'

interface MediaType {
  readonly kind: Kind
  /** Of names, without the dot. */
  readonly extensions: readonly string[]
}

const mediaTypes: Readonly<Record<string, MediaType>> = {
  'application/pdf': { kind: 'pdf', extensions: ['pdf'] },
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': { kind: 'docx', extensions: ['docx'] },
  'text/html': { kind: 'html', extensions: ['html', 'htm'] },
  'application/xhtml+xml': { kind: 'html', extensions: ['xhtml'] },
  'text/markdown': { kind: 'markdown', extensions: ['md', 'markdown', 'mdown'] },
  'text/csv': { kind: 'csv', extensions: ['csv'] },
  'text/tab-separated-values': { kind: 'csv', extensions: ['tsv'] },
  'application/json': { kind: 'json', extensions: ['json'] },
  'text/plain': { kind: 'text', extensions: ['txt', 'text', 'rst', 'adoc', 'org', 'tex'] },
  'application/x-ndjson': { kind: 'lines', extensions: ['ndjson', 'jsonl'] },
  'application/yaml': { kind: 'lines', extensions: ['yaml', 'yml'] },
  'text/x-log': { kind: 'lines', extensions: ['log'] },
  'text/x-source': {
    kind: 'lines',
    extensions:
      'c cc cpp cs css go h hpp ini java js jsx kt lua mjs php pl properties ps1 py r rb rs sh sql swift tf toml ts tsx xml'.split(
        ' ',
      ),
  },
  'image/png': { kind: 'image', extensions: ['png'] },
  'image/jpeg': { kind: 'image', extensions: ['jpg', 'jpeg'] },
}

/** Other names that the same kinds go by. */
const aliases: Readonly<Record<string, string>> = {
  'application/x-pdf': 'application/pdf',
  'text/x-markdown': 'text/markdown',
  'application/csv': 'text/csv',
  'text/json': 'application/json',
  'application/jsonl': 'application/x-ndjson',
  'application/x-yaml': 'application/yaml',
  'text/yaml': 'application/yaml',
  'text/x-yaml': 'application/yaml',
  'application/xml': 'text/x-source',
  'text/xml': 'text/x-source',
  'text/css': 'text/x-source',
  'text/javascript': 'text/x-source',
  'application/javascript': 'text/x-source',
  'image/jpg': 'image/jpeg',
}

const byExtension = new Map(
  Object.entries(mediaTypes).flatMap(([type, { extensions }]) => extensions.map((each) => [each, type] as const)),
)

/** The media type that a name's extension stands for; undefined for one that isn't known, or none. */
export function contentTypeOf(name: string): string | undefined {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]
  return extension === undefined ? undefined : byExtension.get(extension.toLowerCase())
}

/** How a media type is read; parameters are ignored. Any other text is read by its lines. */
export function kindOf(contentType: string): Kind | undefined {
  const [plain = ''] = contentType.toLowerCase().split(';')
  const type = plain.trim()
  const known = mediaTypes[aliases[type] ?? type]
  if (known) return known.kind
  return /^text\/x-[a-z0-9.+-]+$/.test(type) ? 'lines' : undefined
}
