import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import { get, pathOf, send } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Dialog, DialogBack } from '../../kit/dialog.tsx'
import { Row } from '../../kit/page.tsx'
import { Loaded, NoPermission } from '../../kit/states.tsx'
import { ShownBy } from '../../kit/unsaved.tsx'
import { type Draft, draftOf, emptyDraft } from './draft.ts'
import { readCall, type WholeRequest } from './request.ts'
import { SendForm } from './send-form.tsx'

type Sending = 'new' | 'replay'

/** Whether the form is open, and on what: it stands in the address. */
export function useSending(): readonly [sending: Sending | undefined, open: (sending: Sending | undefined) => void] {
  const [query, setQuery] = useSearchParams()
  const asked = query.get('send')
  const open = (sending: Sending | undefined): void =>
    setQuery((before) => {
      if (sending) before.set('send', sending)
      else before.delete('send')
      return before
    })
  return [asked === 'new' || asked === 'replay' ? asked : undefined, open]
}

/** The form that sends a request over whatever page is shown. @param of the request that is sent once more, with what is changed. */
export function SendDialog({ of }: { readonly of?: string }): ReactNode {
  const [sending, open] = useSending()
  const may = useMay('requests:write')
  const close = (): void => open(undefined)
  const isReplay = sending === 'replay' && of !== undefined
  return (
    <Dialog title={isReplay ? 'Send once more' : 'Send a request'} open={sending !== undefined} onClose={close} wide>
      <ShownBy parameter="send">{!may ? <Shut /> : isReplay ? <Replay of={of} /> : <SendForm first={emptyDraft} />}</ShownBy>
    </Dialog>
  )
}

/** The form has an address, which may be opened without the permission. */
function Shut(): ReactNode {
  return (
    <>
      <NoPermission permission="requests:write" />
      <Row>
        <DialogBack />
      </Row>
    </>
  )
}

function Replay({ of }: { readonly of: string }): ReactNode {
  const query = useQuery({
    queryKey: ['/api/requests', of, 'replay'],
    queryFn: async ({ signal }): Promise<Draft> => {
      const [request, prompt] = await Promise.all([
        send<WholeRequest>(readCall(of), signal),
        get<{ readonly text: string }>(pathOf('/api/requests/{}/prompt', [of]), signal),
      ])
      return draftOf(request, prompt.text)
    },
    // What is being written isn't written over.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  return (
    <Loaded query={query} what="Fetching the prompt">
      {(draft) => <SendForm first={() => draft} />}
    </Loaded>
  )
}
