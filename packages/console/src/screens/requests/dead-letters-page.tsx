import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { type Call, send } from '../../api/client.ts'
import { itemsOf, loadMore, useList } from '../../api/lists.ts'
import { useLive } from '../../api/live.ts'
import { useMay } from '../../api/session.ts'
import { CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { formatCount } from '../../kit/format.ts'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loading, ProblemNotice } from '../../kit/states.tsx'
import { tell } from '../../kit/toasts.tsx'
import { VirtualTable } from '../../kit/virtual-table.tsx'
import { deadLetterColumns } from './dead-letter-columns.tsx'
import { type DeadLetter, deadLettersPath, listPath, redriveAllCall, redriveCall } from './request.ts'
import css from './requests.module.css'

const listCall: Call = { method: 'GET', path: `${deadLettersPath}?limit=50` }
/** `POST /api/dead-letters/redrive` takes so many. */
const atATime = 100

/** What could not succeed, with the reason, and the way back to the queue. */
export function DeadLettersPage(): ReactNode {
  const list = useList<DeadLetter>(deadLettersPath, {}, { limit: 200, refetchInterval: 5_000 })
  const letters = itemsOf(list)
  const [query, setQuery] = useSearchParams()
  const reason = query.get('reason')
  const shown = reason === null ? letters : letters.filter((letter) => letter.reason === reason)
  const may = useMay('requests:write')
  const redrive = useRedrive()
  const columns = useMemo(() => deadLetterColumns(may ? redrive.one : undefined), [may, redrive.one])
  useLive('/api/events/stream?type=genai.request.failed', () => void list.refetch({ cancelRefetch: false }))
  const choose = (chosen: string | undefined): void => setQuery(chosen === undefined ? {} : { reason: chosen }, { replace: true })
  return (
    <Page
      title="Dead letters"
      back={{ to: '/requests', name: 'Requests' }}
      about="Work that could not succeed, with the reason. Mend the cause, then put it back to the queue."
      actions={
        <>
          <CopyCall call={listCall} />
          {may && shown.length > 0 && <RedriveMany letters={shown} reason={reason} act={redrive} />}
        </>
      }
    >
      {list.error !== null && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && list.error === null && <Loading what="Loading dead letters" />}
      {list.data && letters.length === 0 && (
        <Panel title="None">
          <Empty title="Nothing is dead.">
            <span>Requests that fail for good, and events that can’t be delivered, come here with their reason.</span>
          </Empty>
        </Panel>
      )}
      {letters.length > 0 && (
        <>
          <Reasons letters={letters} chosen={reason} onChoose={choose} />
          <Panel
            title={`${formatCount(shown.length)}${list.hasNextPage ? '+' : ''} dead letter${shown.length === 1 ? '' : 's'}, newest first`}
            flush
          >
            {shown.length === 0 ? (
              <Empty title="None has this reason any more." />
            ) : (
              <VirtualTable
                name="Dead letters"
                columns={columns}
                rows={shown}
                keyOf={({ dead_letter_id }) => dead_letter_id}
                height="max(320px, calc(100dvh - 306px))"
                onNearEnd={() => loadMore(list)}
              />
            )}
          </Panel>
        </>
      )}
    </Page>
  )
}

interface Redrive {
  readonly one: (letter: DeadLetter) => Promise<void>
  /** @returns how many. */
  readonly oldest: () => Promise<number>
  readonly changed: () => Promise<void>
}

function useRedrive(): Redrive {
  const queries = useQueryClient()
  return useMemo(() => {
    const changed = async (): Promise<void> => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: [deadLettersPath] }),
        queries.invalidateQueries({ queryKey: [listPath, 'newest'] }),
      ])
    }
    const one = async ({ dead_letter_id }: DeadLetter): Promise<void> => {
      await send(redriveCall(dead_letter_id))
      tell('It is in the queue again.')
      await changed()
    }
    const oldest = async (): Promise<number> =>
      (await send<{ readonly redriven: readonly string[] }>(redriveAllCall)).redriven.length
    return { one, oldest, changed }
  }, [queries])
}

/** All of them, or those with one reason. */
function RedriveMany(props: {
  readonly letters: readonly DeadLetter[]
  readonly reason: string | null
  readonly act: Redrive
}): ReactNode {
  const { letters, reason, act } = props
  const some = letters.slice(0, atATime)
  const redrive = async (): Promise<void> => {
    let count = 0
    try {
      if (reason === null) count = await act.oldest()
      else
        for (const { dead_letter_id } of some) {
          await send(redriveCall(dead_letter_id))
          count++
        }
    } finally {
      await act.changed()
    }
    tell(`${formatCount(count)} put back to the queue.`)
  }
  return (
    <ConfirmButton
      look="plain"
      title={reason === null ? 'Redrive all dead letters?' : `Redrive those with ${reason}?`}
      text={
        <>
          {letters.length > atATime
            ? `${atATime} at a time go`
            : `${letters.length === 1 ? 'It goes' : `All ${letters.length} go`}`}{' '}
          back to the queue, each in a new round. What fails again comes back here.
        </>
      }
      confirm="Redrive"
      onConfirm={redrive}
    >
      {reason === null ? 'Redrive all' : `Redrive ${formatCount(some.length)}`}
    </ConfirmButton>
  )
}

/** How many there are of each reason, the most first. */
function Reasons(props: {
  readonly letters: readonly DeadLetter[]
  readonly chosen: string | null
  readonly onChoose: (reason: string | undefined) => void
}): ReactNode {
  const { letters, chosen, onChoose } = props
  const counts = new Map<string, number>()
  for (const { reason } of letters) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const ordered = [...counts].toSorted(([, one], [, other]) => other - one)
  return (
    <fieldset className={css.reasons} aria-label="Reasons">
      <button type="button" className={css.reason} aria-pressed={chosen === null} onClick={() => onChoose(undefined)}>
        All <span className={css.count}>{formatCount(letters.length)}</span>
      </button>
      {ordered.map(([reason, count]) => (
        <button
          key={reason}
          type="button"
          className={css.reason}
          aria-pressed={chosen === reason}
          onClick={() => onChoose(chosen === reason ? undefined : reason)}
        >
          <code>{reason}</code> <span className={css.count}>{formatCount(count)}</span>
        </button>
      ))}
    </fieldset>
  )
}
