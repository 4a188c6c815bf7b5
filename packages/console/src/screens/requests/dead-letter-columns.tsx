import type { ReactNode } from 'react'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { formatTime } from '../../kit/format.ts'
import type { VirtualColumn } from '../../kit/virtual-table.tsx'
import type { DeadLetter } from './request.ts'
import { RequestLink } from './request-link.tsx'
import css from './requests.module.css'

/** What the list shows of each dead letter. @param redrive absent for whoever may only look. */
export function deadLetterColumns(redrive?: (letter: DeadLetter) => Promise<void>): readonly VirtualColumn<DeadLetter>[] {
  return [
    { name: 'What', width: 'minmax(0, 2fr)', show: (letter) => <What letter={letter} /> },
    { name: 'Reason', width: 'minmax(0, 1.4fr)', show: ({ reason }) => <Reason reason={reason} /> },
    {
      name: 'In words',
      width: 'minmax(120px, 2fr)',
      isSecondary: true,
      show: ({ message }) => <span title={message}>{message}</span>,
    },
    { name: 'Attempts', width: '70px', isNumber: true, isSecondary: true, show: ({ attempts }) => attempts },
    { name: 'Round', width: '56px', isNumber: true, isSecondary: true, show: ({ round }) => round },
    {
      name: 'Since',
      width: '104px',
      isNumber: true,
      isSecondary: true,
      show: ({ at }) => (
        <time dateTime={at} title={at}>
          {formatTime(at)}
        </time>
      ),
    },
    ...(redrive
      ? [
          {
            name: 'Action',
            width: '92px',
            isNumber: true,
            show: (letter: DeadLetter) => <Redrive letter={letter} act={redrive} />,
          },
        ]
      : []),
  ]
}

function Reason({ reason }: { readonly reason: string }): ReactNode {
  return (
    <span className={css.cause} title={reason}>
      {reason}
    </span>
  )
}

function What({ letter }: { readonly letter: DeadLetter }): ReactNode {
  const { kind, request_id, target } = letter
  if (kind === 'request') return <RequestLink id={request_id} />
  return (
    <span title={`${request_id} to ${target}`}>
      telling <code>{target}</code> of <span className={css.id}>{request_id}</span>
    </span>
  )
}

function Redrive({
  letter,
  act,
}: {
  readonly letter: DeadLetter
  readonly act: (letter: DeadLetter) => Promise<void>
}): ReactNode {
  return (
    <ConfirmButton
      look="plain"
      size="small"
      title="Put it back to the queue?"
      text={
        <>
          <code>{letter.request_id}</code> failed with <code>{letter.reason}</code>. It begins a new round; if it fails again it
          comes back here.
        </>
      }
      confirm="Redrive"
      onConfirm={() => act(letter)}
    >
      Redrive
    </ConfirmButton>
  )
}
