import { Play, Square } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useSearchParams } from 'react-router'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { Field } from '../../kit/field.tsx'
import { Meter } from '../../kit/figures.tsx'
import { formatDuration, formatTime } from '../../kit/format.ts'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import type { Stream } from './answers.ts'
import type { SeenAnomaly, StreamFeed } from './feed.ts'
import { type Fault, faults, type Generator, type PutIn, valuesToLearn } from './generator.ts'
import css from './streams.module.css'

/** Sends values to the stream, puts faults in, and shows how soon the detector told of each. */
export function GeneratorPanel(props: {
  readonly stream: Stream
  readonly feed: StreamFeed
  readonly generator: Generator
}): ReactNode {
  const { stream, feed, generator } = props
  const [key, setKey] = useState(freshKey)
  const [, setQuery] = useSearchParams()
  const start = (): void => {
    setQuery((before) => {
      before.set('key', key)
      return before
    })
    void generator.start(stream, key)
  }
  const active = new Set(generator.active.map(({ fault }) => fault))
  const isLearning = generator.sent < valuesToLearn
  return (
    <Panel
      title="Try the detector"
      actions={generator.isRunning ? <Badge tone="good">sending as {generator.key}</Badge> : undefined}
    >
      <Stack>
        {!generator.isRunning && (
          <form
            className={css.starter}
            onSubmit={(event) => {
              event.preventDefault()
              start()
            }}
          >
            <Field
              label="Send values as key"
              required
              maxLength={256}
              value={key}
              onChange={({ target }) => setKey(target.value)}
              hint="Temperature, pressure and flow of a pump, four times a second, until you stop it or leave this stream. Half a minute later the key is told of as silent."
            />
            <Button type="submit" look="primary">
              <Play size={15} aria-hidden="true" /> Start
            </Button>
          </form>
        )}
        {generator.error !== undefined && <ProblemNotice error={generator.error} />}
        {generator.isRunning && (
          <>
            {isLearning && (
              <>
                <Meter
                  name="Learning what is usual"
                  value={generator.sent}
                  of={valuesToLearn}
                  text={`${generator.sent} of ${valuesToLearn} values`}
                />
                <p className={css.note}>
                  A fault that is put in before then may not be told. It takes half a minute where the stream’s time has come to
                  now already: values of the past would be late.
                </p>
              </>
            )}
            <div className={css.faults} role="group" aria-label="Put a fault in">
              {(Object.keys(faults) as Fault[]).map((fault) => (
                <Button
                  key={fault}
                  title={faults[fault].what}
                  disabled={active.has(fault) || active.has('dropout') || (fault === 'dropout' && active.size > 0)}
                  onClick={() => generator.put(fault)}
                >
                  {faults[fault].name}
                </Button>
              ))}
            </div>
            <Row>
              <Button look="danger" size="small" onClick={() => generator.stop()}>
                <Square size={13} aria-hidden="true" /> Stop sending
              </Button>
              {active.size > 0 && (
                <Button size="small" onClick={() => generator.mend()}>
                  Back to normal
                </Button>
              )}
              <span className={css.note}>{generator.sent} records sent</span>
            </Row>
          </>
        )}
        {generator.putIn.length > 0 && (
          <ol className={css.happenings} aria-live="polite" aria-label="Faults put in">
            {generator.putIn.toReversed().map((putIn) => (
              <Reaction
                key={`${putIn.fault} ${putIn.at}`}
                putIn={putIn}
                isAgain={generator.putIn.some((each) => each.fault === putIn.fault && each.at < putIn.at)}
                told={toldOf(putIn, generator, feed)}
                now={generator.now}
              />
            ))}
          </ol>
        )}
      </Stack>
    </Panel>
  )
}

function Reaction(props: {
  readonly putIn: PutIn
  /** The same was put in before. */
  readonly isAgain: boolean
  readonly told: SeenAnomaly | undefined
  readonly now: number
}): ReactNode {
  const { putIn, isAgain, told, now } = props
  const { name, what } = faults[putIn.fault]
  return (
    <li>
      <div className={css.happeningHead}>
        <strong>{name}</strong>
        <span className={css.note}>put in at {formatTime(new Date(putIn.at).toISOString())}</span>
        {told ? (
          <Badge tone="good">told after {formatDuration(Math.max(1, told.seen - putIn.at))}</Badge>
        ) : putIn.until > now ? (
          <Badge tone="info">going on</Badge>
        ) : (
          <Badge>{isAgain ? 'not told again' : 'not told yet'}</Badge>
        )}
      </div>
      <div>{told ? told.reason : `${what.charAt(0).toUpperCase()}${what.slice(1)}.`}</div>
      {isAgain && !told && (
        <div className={css.note}>
          For an hour after the first one, only a much worse one of the same key is told. Stop, and start as another key, to see
          one told at once.
        </div>
      )}
    </li>
  )
}

/** The first that was told of its field since. */
function toldOf({ fault, at }: PutIn, { key }: Generator, feed: StreamFeed): SeenAnomaly | undefined {
  const { field } = faults[fault]
  return feed.anomalies.findLast(
    (anomaly) =>
      anomaly.key === key &&
      Date.parse(anomaly.timestamp) > at &&
      (field === undefined ? anomaly.kind === 'silence' : anomaly.field === field && anomaly.kind !== 'silence'),
  )
}

/** One that nothing is known of yet: what was told of a key isn't told of again for an hour, unless it gets much worse. */
function freshKey(): string {
  return `pump-${new Date().toTimeString().slice(0, 8).replaceAll(':', '')}`
}
