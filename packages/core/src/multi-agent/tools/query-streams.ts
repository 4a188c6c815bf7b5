/** What streams, their windows, insights and alerts say, for agents: whatever the routes show, as long as it fits. @module */

import { showAlert } from '../../analytics/alerts/forms.ts'
import { listAlerts } from '../../analytics/alerts/manage-alerts.ts'
import type { AlertStatus } from '../../analytics/alerts/records.ts'
import { listInsights, showInsight } from '../../analytics/insights.ts'
import { getStream } from '../../analytics/set-up-stream.ts'
import { showSettings, showStream } from '../../analytics/show-stream.ts'
import { showWindowResult } from '../../analytics/stream-forms.ts'
import { streams } from '../../analytics/streams.ts'
import { listWindows } from '../../analytics/windows/list-windows.ts'
import { time } from '../../define/forms.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import { boundaryFor } from '../../language-model/boundary.ts'
import type { Scope } from '../../scope/scope.ts'
import { shownCharacters, type Tool, type ToolAnswer } from './tool.ts'

const usual = 20
const most = 100
/** For the tags, and what is said of what was left out. */
const besides = 500

const stream = { type: 'string', description: 'The name of a stream.' }
const key = { type: 'string', description: 'Only what is of this key, such as one sensor.' }
const limit = { type: 'integer', minimum: 1, maximum: most, description: `How many, the newest first; ${usual} unless said.` }

const queryStreams = queryTool({
  name: 'query_streams',
  permission: 'streams:read',
  description:
    'Lists the streams of measurements that there are. With a name: that stream with its figures, such as records, anomalies, late records, lag, model calls.',
  properties: { name: stream, limit },
  required: [],
  async items(scope, { name, limit }) {
    if (name !== undefined) return [await showStream(scope, (await getStream(scope, name)).fields)]
    const page = await scope.state.list(streams, 'created', { limit, descending: true })
    return page.items.map(({ fields }) => showSettings(fields))
  },
})

const queryWindows = queryTool({
  name: 'query_windows',
  permission: 'streams:read',
  description:
    'Statistics of a stream over time, a window for each key: count, rate, and for each field sum, min, max, mean, variance and quantiles. Newest first.',
  properties: {
    ...{ stream, key },
    window: { type: 'string', description: 'Only windows of this name, such as 1m.' },
    from: { type: 'string', description: 'Only windows that begin then or later: RFC 3339.' },
    to: { type: 'string', description: 'Only windows that begin before: RFC 3339.' },
    limit,
  },
  required: ['stream'],
  async items(scope, { stream: name = '', from, to, ...query }) {
    const { fields } = await getStream(scope, name)
    const times = { from: from === undefined ? undefined : time.parse(from), to: to === undefined ? undefined : time.parse(to) }
    return (await listWindows(scope, { ...query, ...times, stream: fields.name })).items.map(showWindowResult)
  },
})

const queryInsights = queryTool({
  name: 'query_insights',
  permission: 'streams:read',
  description:
    'What was found unusual in a stream: the record, the analysis, and what the detector saw, expected and says. Newest first.',
  properties: { stream, key, limit },
  required: ['stream'],
  async items(scope, { stream: name = '', key, limit }) {
    const { fields } = await getStream(scope, name)
    const { items } = await listInsights(scope, { stream: fields.name, key, limit })
    return items.map((insight) => {
      const { evidence, ...rest } = showInsight(insight)
      const { value, reason, field, kind, expected } = insight.evidence.finding
      return { ...rest, detected: { field, kind, value, reason, ...(expected ? { expected } : {}) } }
    })
  },
})

const queryAlerts = queryTool({
  name: 'query_alerts',
  permission: 'alerts:read',
  description:
    'Alerts that streams raised, with severity, what they rest on, and whether they are open, acknowledged or recovered. Newest first.',
  properties: {
    stream,
    status: { type: 'string', enum: ['open', 'acknowledged', 'recovered'], description: 'Only those that stand so.' },
    limit,
  },
  required: [],
  async items(scope, { stream, status, limit }) {
    const { items } = await listAlerts(scope, { stream, status: status as AlertStatus | undefined, limit })
    return Promise.all(
      items.map(async (record) => {
        const { evidence, ...rest } = await showAlert(record)
        return rest
      }),
    )
  },
})

export const streamTools: readonly Tool[] = [queryStreams, queryWindows, queryInsights, queryAlerts]

/** The arguments of all of them. */
interface Query {
  readonly name?: string
  readonly stream?: string
  readonly key?: string
  readonly window?: string
  readonly from?: string
  readonly to?: string
  readonly status?: string
  readonly limit: number
}

function queryTool({
  properties,
  required,
  items,
  ...named
}: Required<Pick<Tool, 'name' | 'description' | 'permission'>> & {
  readonly properties: JsonObject
  readonly required: readonly string[]
  items(scope: Scope, query: Query): Promise<readonly object[]>
}): Tool {
  return {
    ...named,
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    changes: false,
    async run({ scope, input }) {
      const query = { limit: usual, ...input } as unknown as Query
      for (const field of ['from', 'to'] as const) {
        const { [field]: value } = query
        if (value !== undefined && !time.safeParse(value).success)
          return { text: `${field} is no RFC 3339 time, such as 2026-01-31T12:00:00Z.`, failed: true }
      }
      return answerOf((await items(scope, query)) as readonly JsonValue[], query.stream ?? query.name)
    },
  }
}

/** Keys, fields and values are others' text: each answer is between tags that none of them can close. */
function answerOf(items: readonly JsonValue[], name: string | undefined): ToolAnswer {
  if (items.length === 0) return { text: 'Nothing was found.' }
  const texts: string[] = []
  let length = besides
  for (const text of items.map((item) => JSON.stringify(item))) {
    length += text.length + 1
    if (length > shownCharacters && texts.length > 0) break
    texts.push(text)
  }
  const tag = `data-${boundaryFor(texts)}`
  const left = items.length - texts.length
  const more = left > 0 ? `\n[${left} more are left out, which are older: ask for fewer, or for less.]` : ''
  return {
    text: `<${tag}>\n${texts.join('\n')}\n</${tag}>${more}`,
    ...(name === undefined ? {} : { sources: [`stream ${name}`] }),
  }
}
