import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { type Call, send } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { tell } from '../../kit/toasts.tsx'
import { cancelCall, deadLettersPath, listPath, redriveCall, type WholeRequest } from './request.ts'
import { useSending } from './send-dialog.tsx'

/** What may be done with a request as it stands. */
export function RequestActions({ request }: { readonly request: WholeRequest }): ReactNode {
  const may = useMay('requests:write')
  const [, open] = useSending()
  const queries = useQueryClient()
  if (!may) return null
  const { request_id, status } = request
  const act = async (call: Call, said: string): Promise<void> => {
    await send(call)
    tell(said)
    await Promise.all([
      queries.invalidateQueries({ queryKey: [listPath] }),
      queries.invalidateQueries({ queryKey: [deadLettersPath] }),
    ])
  }
  return (
    <>
      <Button onClick={() => open('replay')}>Replay with edits</Button>
      {status === 'processing' && (
        <ConfirmButton
          title="Cancel this request?"
          text="A call that runs is ended; what it has used so far may be billed. It can’t be taken back, only sent once more."
          confirm="Cancel the request"
          onConfirm={() => act(cancelCall(request_id), 'The request is cancelled.')}
        >
          Cancel
        </ConfirmButton>
      )}
      {status === 'failed' && (
        <ConfirmButton
          look="plain"
          title="Redrive this request?"
          text="It goes back to the queue as it is, in a new round with as many tries as the first."
          confirm="Redrive"
          onConfirm={() => act(redriveCall(request_id), 'It is in the queue again.')}
        >
          Redrive
        </ConfirmButton>
      )}
    </>
  )
}
