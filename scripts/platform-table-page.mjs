/** The page of platforms and promises, made from the results of contracts. @module */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const page = join(root, 'docs', 'platforms.md')
/** Where the last run left its results. */
export const lastResults = join(root, 'node_modules', '.plinth-contracts.json')

const ports = [
  'StateStore',
  'Operations',
  'Queue',
  'EventBus',
  'EventStream',
  'Topics',
  'ObjectStore',
  'SearchIndex',
  'DocumentReader',
  'Ocr',
  'KeyService',
  'Outbound',
  'Clock',
]

/** Which adapters a platform is made of. `elsewhere` names runs that show what this one can't, in the words of a footnote. */
const platforms = [
  {
    name: 'embedded (`local`)',
    adapters: [
      'SqliteStateStore',
      'SqliteOperations',
      'SqliteQueue',
      'LocalEventBus',
      'SqliteEventStream',
      'LogTopics',
      'FileObjectStore',
      'SegmentSearchIndex over SQLite and files',
      'DocumentReader in threads',
      'TesseractOcr',
      'LocalKeyService',
      'GuardedHttp',
      'systemClock',
    ],
  },
  {
    name: 'AWS on stock moto',
    adapters: [
      'DynamoDBStateStore',
      'DynamoDBOperations',
      'SqsQueue',
      'EventBridgeEventBus',
      'KinesisEventStream',
      'SnsTopics',
      'S3ObjectStore',
      'SegmentSearchIndex over DynamoDB and S3',
      'DocumentReader in threads',
      'TextractOcr, Textract simulated',
      'KmsKeyService',
      'GuardedHttp',
      'systemClock',
    ],
    elsewhere: {
      'KinesisEventStream on kinesalite': 'shown on kinesalite',
      'SqsQueue on a simulated SQS': 'shown on a simulated SQS',
      "KmsKeyService with AWS's answers": 'shown with the answers that AWS documents',
    },
  },
  {
    name: 'hostile double',
    adapters: [
      'HostileStateStore with stale lists',
      'HostileStateStore with conflicts, read again',
      'HostileOperations',
      'HostileQueue',
      'HostileEventBus',
      'HostileEventStream',
    ],
    elsewhere: { 'HostileQueue with sends that fail': 'shown where only sends fail' },
  },
]

/** Adapters of the platforms that have no results. */
export function adaptersWithout(results) {
  return platforms.flatMap(({ adapters }) => adapters).filter((name) => results.every(({ adapter }) => adapter !== name))
}

/** @param results of every promise of every contract: port, adapter, promise, state and, where it was skipped, the reason. */
export function renderPage(results) {
  return [
    // It would pad every row to the longest one.
    '<!-- biome-ignore-all format: generated -->',
    '# Platforms',
    '',
    'What each port promises, in the words of its contract, and on which platform that was shown. It is made by',
    '`node scripts/platform-table.mjs --write` from the results of the tests, and a full run of them in continuous integration fails',
    'when it is stale. ✓ means that the test of the promise ran against the adapter and passed; a number leads to the reason why it',
    'was skipped there.',
    ...ports.flatMap((port) =>
      section(
        port,
        results.filter((result) => result.port === port),
      ),
    ),
    '',
  ].join('\n')
}

function section(port, results) {
  const columns = platforms
    .map((platform) => ({
      ...platform,
      adapters: platform.adapters.filter((name) => results.some(({ adapter }) => adapter === name)),
    }))
    .filter(({ adapters }) => adapters.length > 0)
  const promises = [
    ...new Set(results.filter(({ adapter }) => columns[0]?.adapters.includes(adapter)).map(({ promise }) => promise)),
  ]
  const notes = []
  const rows = promises.map((promise) => {
    const cells = columns.map((column) =>
      cell(
        column,
        results.filter((result) => result.promise === promise),
        notes,
      ),
    )
    return `| ${[words(promise), ...cells].join(' | ')} |`
  })
  return [
    '',
    `## ${port}`,
    '',
    `| promise | ${columns.map(({ name, adapters }) => `${name}<br>${adapters.map((adapter) => `\`${adapter}\``).join('<br>')}`).join(' | ')} |`,
    `|---|${columns.map(() => ':-:|').join('')}`,
    ...rows,
    ...(notes.length > 0 ? ['', ...notes.map((note, index) => `${index + 1}. ${note}`)] : []),
  ]
}

/** ✓ where all adapters of the platform kept the promise, else the numbers of the reasons, which are added to the notes; – untried. */
function cell({ adapters, elsewhere = {} }, results, notes) {
  const own = results.filter(({ adapter }) => adapters.includes(adapter))
  if (own.length < adapters.length) return '–'
  const skipped = own.filter(({ state }) => state !== 'passed')
  if (skipped.length === 0) return '✓'
  const shown = results.find(({ adapter, state }) => adapter in elsewhere && state === 'passed')
  const numbers = skipped.map(({ note }) => {
    const text = words(shown ? `${note}; ${elsewhere[shown.adapter]}` : note)
    if (!notes.includes(text)) notes.push(text)
    return notes.indexOf(text) + 1
  })
  return `<sup>${[...new Set(numbers)].join(' ')}</sup>`
}

function words(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
