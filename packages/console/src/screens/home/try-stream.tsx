import { Activity } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Call, get, isMissing, Problem, pathOf, send } from '../../api/client.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { Field } from '../../kit/field.tsx'
import { formatCount } from '../../kit/format.ts'
import css from './home.module.css'
import { type Tried, TryCard, untilFound } from './try-card.tsx'
import { Words } from './words.tsx'

interface Insight {
  readonly analysis: {
    readonly patterns: readonly string[]
    readonly risk_level: string
    readonly recommended_actions: readonly string[]
  }
}

interface Stream {
  readonly watermark: string | null
}

const name = 'try-this'
const path = `/api/streams/${name}`
/** Enough for the detector to know what is usual. */
const usualValues = 240
const history = 60_000

interface Spiked {
  readonly sent: number
  readonly key: string
  readonly insight: Insight
}

/** Analytics: a spike among usual values is found, explained and told of. */
export function TryStream({ round, permissions }: Tried): ReactNode {
  const [spike, setSpike] = useState('130')
  const value = Number(spike)
  return (
    <TryCard<Spiked>
      title="Put a spike into a stream"
      about="Analytics: a minute of usual temperatures of a new pump, then one that is not. A detector finds it; no model is asked for the rest."
      icon={Activity}
      permissions={permissions}
      steps={() => {
        const key = freshKey()
        // Whoever makes the calls does it later than now: records without a time are of the moment that they come in.
        const records = temperatures(0, history, value).map(([, temperature]) => ({ key, data: { temperature } }))
        return [appendCall(records), { method: 'GET', path: insightPath(key), until: '"insight_id"' }]
      }}
      round={round}
      run={async (running) => {
        if (!Number.isFinite(value) || spike.trim() === '')
          throw new Problem({ status: 400, code: 'invalid_input', field: 'spike', detail: 'The spike must be a number.' })
        const now = Date.now()
        const begin = Math.max(now - history, (await watermarkOf(running.signal)) + 1)
        const key = freshKey()
        const records = temperatures(begin, now, value).map(([at, temperature]) => ({
          key,
          timestamp: new Date(at).toISOString(),
          data: { temperature },
        }))
        await send(appendCall(records), running.signal)
        running.tell(`${records.length} records are sent, looking for the spike`)
        const insight = await untilFound(running, 'finding', async () => {
          const page = await get<{ readonly items: readonly Insight[] }>(insightPath(key), running.signal).catch(notYet)
          return page?.items[0]
        })
        return { sent: records.length, key, insight }
      }}
      show={({ sent, key, insight: { analysis } }) => (
        <>
          <div className={css.facts}>
            <StatusBadge status={analysis.risk_level} />
            <span>risk of {key}</span>
            <span>found among {formatCount(sent)} records</span>
          </div>
          <Words name="What was found">{analysis.patterns.join(' ')}</Words>
          <ul className={css.advice}>
            {analysis.recommended_actions.slice(0, 2).map((action) => (
              <li key={action}>{action}</li>
            ))}
          </ul>
        </>
      )}
      link={(spiked) => ({
        to: spiked ? pathOf(`/streams/${name}`, [], { key: spiked.key }) : '/streams',
        name: spiked ? 'Its chart and incidents' : 'Streams',
      })}
    >
      <Field
        label="Temperature of the spike"
        inputMode="decimal"
        value={spike}
        hint="Usual are 58 to 62."
        onChange={(event) => setSpike(event.target.value)}
      />
    </TryCard>
  )
}

/** A pump that nobody knows yet: of one that was told of already, nothing is told again for a while. */
function freshKey(): string {
  return `pump-${Date.now().toString(36)}`
}

function appendCall(records: readonly object[]): Call {
  return { method: 'POST', path: `${path}/records`, body: { records } }
}

function insightPath(key: string): string {
  return pathOf(`${path}/insights`, [], { key, limit: 1 })
}

/** Usual values up to a time, and a last one that is not. */
function temperatures(begin: number, end: number, spike: number): readonly (readonly [at: number, temperature: number])[] {
  const step = Math.max(1, (end - begin) / (usualValues + 1))
  const usual = Array.from({ length: usualValues }, (_, index) => {
    const noise = Math.sin(index * 12.9898) * 43_758.5453
    const temperature = 60 + 1.4 * Math.sin(index / 9) + (noise - Math.floor(noise) - 0.5)
    return [begin + index * step, Math.round(temperature * 100) / 100] as const
  })
  return [...usual, [begin + usualValues * step, spike]]
}

/** Up to where the stream has come, milliseconds UTC: what is older would be late. 0: there is no such stream yet. */
async function watermarkOf(signal: AbortSignal): Promise<number> {
  const stream = await get<Stream>(path, signal).catch(notYet)
  if (!stream?.watermark) return 0
  return Date.parse(stream.watermark)
}

function notYet(error: unknown): undefined {
  if (!isMissing(error)) throw error
}
