import { Check, Minus, X } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { send } from '../../api/client.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { TextField } from '../../kit/field.tsx'
import { Page, Panel, Row, Stack } from '../../kit/page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'

interface Checked {
  readonly check: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

const outcomes = {
  passed: { tone: 'good', icon: Check },
  failed: { tone: 'bad', icon: X },
  skipped: { tone: 'neutral', icon: Minus },
} as const

/** Why a token is taken or not. The token goes to our API and nowhere else, and not into the address. */
export function TokenLab(): ReactNode {
  const [token, setToken] = useState('')
  const checking = useAction({
    mutationFn: () =>
      send<{ readonly checks: readonly Checked[] }>({ method: 'POST', path: '/api/tokens/check', body: { token: token.trim() } }),
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (token.trim() !== '') checking.mutate()
  }
  const checks = checking.data?.checks ?? []
  const failed = checks.find(({ outcome }) => outcome === 'failed')
  return (
    <Page
      title="Token lab"
      back={{ to: '/tenants', name: 'Tenants' }}
      about="Each check that the server makes of a token or a virtual key, in its order. It is asked of this server alone, and neither kept, logged nor put into the audit trail."
    >
      <Panel title="A token">
        <form onSubmit={submit} aria-label="Check a token">
          <Stack>
            <TextField
              label="Token"
              value={token}
              spellCheck={false}
              autoComplete="off"
              onChange={({ target }) => setToken(target.value)}
            />
            <Row>
              <Button type="submit" look="primary" busy={checking.isPending} disabled={token.trim() === ''}>
                Check it
              </Button>
              <Button
                look="quiet"
                onClick={() => {
                  setToken('')
                  checking.reset()
                }}
              >
                Forget it
              </Button>
            </Row>
          </Stack>
        </form>
      </Panel>
      {checking.error !== null && <ProblemNotice error={checking.error} />}
      {checks.length > 0 && (
        <>
          <Notice tone={failed ? 'bad' : 'good'}>{failed ? `It is refused: ${failed.check}.` : 'It is taken.'}</Notice>
          <Panel title="Checks" flush>
            <Table
              name="Checks"
              rows={checks}
              keyOf={({ check }) => check}
              columns={[
                { name: 'Check', show: ({ check }) => check },
                { name: 'Outcome', show: ({ outcome }) => <Outcome outcome={outcome} /> },
                { name: 'What was found', show: ({ detail }) => detail },
              ]}
            />
          </Panel>
        </>
      )}
    </Page>
  )
}

function Outcome({ outcome }: { readonly outcome: Checked['outcome'] }): ReactNode {
  const { tone, icon: Icon } = outcomes[outcome]
  return (
    <Badge tone={tone}>
      <Icon size={13} aria-hidden="true" /> {outcome}
    </Badge>
  )
}
